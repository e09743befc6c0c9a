@sqlite
Feature: A consultation without agreement · 会商未果
  Minutes alone leave nobody with a task: where there is no agreement the case climbs one rung, each time.

  Scenario: No agreement · 未达成一致
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    And the power company's officer telephones the battery plant
    And the desk calls the roads bureau and the planning bureau to a consultation on Friday 17 July
    And it is Friday 17 July, 16:00
    When the desk concludes that there was no agreement
    Then the case is in progress
    And it stands on rung 4
    And no duty is owed
    And the mail to the desk's head says "会商未达成一致"
    And the closing date is Thursday 30 July, 17:30
    When the desk calls the roads bureau and the planning bureau to a consultation on Monday 20 July
    And it is Monday 20 July, 16:00
    And the desk concludes that there was no agreement
    Then it stands on rung 5
    And the mail to the deputy chief says "会商未达成一致"
