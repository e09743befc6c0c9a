@sqlite
Feature: A restricted case · 保密事项
  A restricted case is registered and steered on the office's own page. Beyond its holders no board, list or run names it.

  Scenario: Nobody else reads of it · 不出现在清单和运行记录中
    Given it is Thursday 16 July 2026, 10:00
    When the clerk registers a restricted finance difficulty of the chip works: "专项资金未到位"
    Then the finance bureau leads, supported by the economy bureau
    And the mail to the finance bureau's officer says "请签收并牵头办理"
    And the board shows it to the desk alone
    When the desk reassigns it to the economy bureau: "归口调整"
    Then that is refused: "A restricted case is handled on our own page"
    And the answer does not name it
    When it is Friday 17 July, 10:00
    Then a yellow notice about the signature for receipt went out on Friday 17 July, 08:30
    And no run named it
    When the desk's head reassigns it on the board to the economy bureau: "归口调整"
    Then the economy bureau leads
