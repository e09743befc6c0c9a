@sqlite
Feature: A renamed unit · 单位更名
  A unit keeps its identity when its name changes: open work, dates, people and links stay as they are, under the new name.

  Scenario: The planning bureau has another name · 资规分局更名
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    When it is Friday 17 July, 09:00
    And the desk renames the planning bureau "自然资源局" and "Natural Resources"
    Then the planning bureau leads
    And the closing date is Thursday 23 July, 17:30
    And the planning bureau's officer gets no mail
    When the planning bureau's officer telephones the battery plant
    Then the battery plant reads on its page: "自然资源局"
    When the planning bureau's officer replies that it is solved: "退界已核定"
    Then the mail to the planning bureau's head says "自然资源局"
    When the planning bureau's head approves
    Then the case is replied
    And the mail to the battery plant says "自然资源局已答复"
