Feature: A unit merged into another · 单位并入
  When a unit is merged its successor takes over what is open: lead, dates and unfinished decisions. The links of the old
  unit end, and the successor's people get their own. No new right to send the case back comes with it.

  Scenario: The planning bureau becomes part of the housing bureau · 规划并入住建
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And it is Monday 20 July, 09:00
    And the planning bureau's officer replies that it is solved: "退界已核定"
    When the desk merges the planning bureau into the housing bureau
    Then the housing bureau leads
    And the closing date is Thursday 23 July, 17:30
    And the closing of the housing bureau is due Thursday 23 July, 17:30
    And the planning bureau's officer can open the case no more
    And the mail to the housing bureau's officer says "工作移交"
    When the housing bureau's officer sends it back and suggests the roads bureau: "不熟悉情况"
    Then that is refused: "The return window is over"
    When the housing bureau's head approves
    Then the case is replied
    And the mail to the battery plant says "住建局已答复"
    When the chip works reports a normal planning difficulty: "红线需核定"
    And the story goes on with the report of the chip works
    Then the housing bureau leads
