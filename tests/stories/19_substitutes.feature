@sqlite
Feature: Substitutes · 代理
  Who is away has a substitute between two days, who is told, and named beside the one for whom they act. Substitutes are
  followed three deep; in a circle, or where only the asker is left, the work goes up the ladder.

  Scenario: The substitute is away too · 代理人也外出
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    When the planning bureau's head is away from Thursday 16 July to Monday 20 July, and the roads bureau's head stands in
    Then the mail to the roads bureau's head says "请代理资规分局分管负责人"
    When the roads bureau's head is away from Friday 17 July to Friday 17 July, and the housing bureau's head stands in
    And it is Friday 17 July, 10:00
    And the planning bureau's officer replies that it is solved: "退界已核定"
    Then the mail to the housing bureau's head says "答复签发"
    And the roads bureau's head gets no mail
    When the housing bureau's head approves
    Then the case is replied
    And the history says that the housing bureau's head approved for the planning bureau's head

  Scenario: Substitutes in a circle · 代理成环
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    When the planning bureau's head is away from Thursday 16 July to Monday 20 July, and the roads bureau's head stands in
    And the roads bureau's head is away from Thursday 16 July to Monday 20 July, and the planning bureau's head stands in
    Then the desk was shown "代理成环"
    When the planning bureau's officer replies that it is solved: "退界已核定"
    Then the mail to the desk's head says "答复签发"
    And the mail to the operator says "岗位空缺"
    When the desk's head approves
    Then the case is replied

  Scenario: The asker stands in for the approver · 申请人代理审批人
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    When the planning bureau's head is away from Thursday 16 July to Monday 20 July, and the planning bureau's officer stands in
    And the planning bureau's officer replies that it is solved: "退界已核定"
    Then the planning bureau's officer gets no mail
    And the mail to the desk's head says "答复签发"
    When the desk's head approves
    Then the case is replied
