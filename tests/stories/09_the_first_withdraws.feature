@sqlite
Feature: The first reporter withdraws · 首位反映人撤回
  With several reporters only the one who withdraws leaves; the next takes the first place. The last one's withdrawal closes
  the case.

  Scenario: The first reporter withdraws · 首位反映人撤回
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    And the building contractor reports an urgent power difficulty: "工地第二路电源未落实"
    And the desk merges the report of the building contractor into that of the battery plant
    When the battery plant withdraws
    Then the case is in progress
    And the closing date is Thursday 30 July, 17:30
    When the battery plant adds: "又有新情况"
    Then that is refused: "Only those who reported the case act on it here."
    When the building contractor appeals: "工期紧张"
    Then it stands on rung 4
    When the building contractor withdraws
    Then the case is closed as withdrawn
    And no clock runs any more
