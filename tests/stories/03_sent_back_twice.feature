@sqlite
Feature: Sent back twice · 两次退回
  Each unit may send a case back once. At a second return nobody rules any more: the fallback unit leads, which is the
  project's own area unless it sent the case back itself, and the case climbs one rung.

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
