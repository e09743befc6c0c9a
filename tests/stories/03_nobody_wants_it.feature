@sqlite
Feature: Nobody wants it · 无人认领
  After a second return, or when no ruling is made in time, the fallback unit leads: the project's own area, never a unit
  that sent the case back. The case climbs one rung for it.

  Scenario: Two units send it back · 两次退回
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    And the power company's officer telephones the battery plant
    And the power company's officer sends it back and suggests the roads bureau: "廊道在道路红线内"
    And the desk calls the power company and the roads bureau to a consultation on Friday 17 July
    And it is Friday 17 July, 15:00
    And the desk reassigns it to the roads bureau: "道路归口"
    Then the roads bureau leads, supported by the planning bureau
    And the signature for receipt is due Monday 20 July, 12:00
    When it is Monday 20 July, 10:00
    And the roads bureau's officer sends it back and suggests the planning bureau: "廊道属规划职责"
    Then the case is in progress
    And the lakeside committee leads
    And no ruling is owed
    And it stands on rung 4
    And the mail to the lakeside committee's officer says "请签收并牵头办理"
    And the mail to the desk's head says "两次退回"
    When the lakeside committee's officer sends it back and suggests the roads bureau: "不属本级职责"
    Then that is refused: "The return window is over"

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
