@sqlite
Feature: Sent back and ruled · 退回与裁定
  A unit sends back what is not its own within one working day, once. The head of the desk rules within one working day,
  and the ruling is final for the unit that it names.

  Scenario: The unit that a ruling names keeps the case · 裁定单位不得再退回
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    And the power company's officer telephones the battery plant
    When it is Thursday 16 July, 15:00
    And the power company's officer sends it back and suggests the planning bureau: "廊道属规划职责"
    Then the case is disputed
    And the ruling is due Friday 17 July, 17:30
    And the mail to the desk's head says "请裁定牵头单位"
    When it is Friday 17 July, 09:00
    And the desk's head rules that the planning bureau leads: "廊道由规划牵头"
    Then the case is in progress
    And the planning bureau leads, supported by the roads bureau
    And the signature for receipt is due Friday 17 July, 17:30
    And the closing date is Thursday 30 July, 17:30
    And it stands on rung 3
    And the power company's officer may only look
    And the mail to the battery plant says "牵头单位已变更"
    When the planning bureau's officer sends it back and suggests the roads bureau: "属道路职责"
    Then that is refused: "A ruling named this unit; it is final."
