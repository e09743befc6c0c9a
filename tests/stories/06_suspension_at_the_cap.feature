@sqlite
Feature: Suspension at the cap · 挂起累计上限
  All suspensions of a case for one reason together have a cap: ten days for the enterprise's papers. A date beyond it is
  refused, and the days already taken count.

  Scenario: Ten days in all, five of them used · 十天用去五天
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    When it is Friday 17 July, 10:00
    And the planning bureau's officer asks to suspend it for the enterprise's papers until Wednesday 29 July
    Then that is refused: "last 10 days in all; 10 are left"
    When the planning bureau's officer asks to suspend it for the enterprise's papers until Friday 24 July
    And the desk's head approves
    Then the case is suspended
    And the enterprise's supplement is due Monday 27 July, 17:30
    And the mail to the battery plant says "需要贵单位补充材料"
    When it is Wednesday 22 July, 10:00
    And the battery plant adds: "补充红线图"
    Then the case is in progress
    And the closing date is Tuesday 28 July, 17:30
    When it is Thursday 23 July, 10:00
    And the planning bureau's officer asks to suspend it for the enterprise's papers until Wednesday 29 July
    Then that is refused: "last 10 days in all; 5 are left"
    When the planning bureau's officer asks to suspend it for the enterprise's papers until Tuesday 28 July
    And the desk's head approves
    Then the case is suspended
    And the enterprise's supplement is due Tuesday 28 July, 17:30
