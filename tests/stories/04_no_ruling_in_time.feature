@sqlite
Feature: No ruling in time · 逾期未裁定
  The head of the desk has one working day to rule. When it is over the fallback unit leads, the case climbs one rung, and
  the delay is the desk's.

  Scenario: The ruling does not come in time · 逾期未裁定
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    And the power company's officer telephones the battery plant
    And it is Thursday 16 July, 15:00
    And the power company's officer sends it back and suggests the roads bureau: "廊道在道路红线内"
    When it is Friday 17 July, 17:20
    Then the case is disputed
    When it is Friday 17 July, 17:30
    Then the case is in progress
    And the lakeside committee leads, supported by the roads bureau and the planning bureau
    And it stands on rung 4
    And the signature for receipt is due Monday 20 July, 12:00
    And the closing date is Thursday 30 July, 17:30
    And a yellow notice about the ruling went out on Friday 17 July, 17:30
    And the dispatch desk answers for it, 0 working days late
