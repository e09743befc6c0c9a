@sqlite
Feature: Nobody holds the office · 岗位空缺
  Nothing is addressed to nobody: what an empty office would decide falls to the next one up the ladder, and the operator
  is told that the office is empty.

  Scenario: A bureau without a head · 单位负责人空缺
    Given it is Thursday 16 July 2026, 10:00
    And nobody is the planning bureau's head
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    When the planning bureau's officer replies that it is solved: "退界已核定"
    Then the mail to the desk's head says "答复签发"
    And the mail to the operator says "岗位空缺"
    When the desk's head approves
    Then the case is replied
