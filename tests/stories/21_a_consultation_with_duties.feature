@sqlite
Feature: A consultation with duties · 会商定责
  The head of the desk calls the units together on a day, and concludes with minutes and duties, each with a unit and a date.
  A duty that is not done on its day climbs one rung.

  Scenario: Two duties, one not done · 两项任务一项未完成
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    And the power company's officer telephones the battery plant
    And the roads bureau's officer answers: "须等规划"
    And the planning bureau's officer answers: "须等道路"
    When it is Friday 17 July, 10:00
    And the desk calls the roads bureau and the planning bureau to a consultation on Monday 20 July
    Then the case is in consultation
    And the conclusion of the consultation is due Thursday 23 July, 17:30
    And the mail to the roads bureau's officer says "会商"
    And the mail to the power company's officer says "会商"
    And the closing date is Thursday 30 July, 17:30
    When it is Monday 20 July, 16:00
    And the desk concludes with these duties:
      | the roads bureau    | 出具占道意见 | Monday 27 July  |
      | the planning bureau | 核定廊道路由 | Tuesday 28 July |
    And the power company's officer reports: "会商已形成结论"
    Then the case is in progress
    And the duty of the roads bureau is due Monday 27 July, 17:30
    And the duty of the planning bureau is due Tuesday 28 July, 17:30
    When it is Thursday 23 July, 10:00
    And the power company's officer reports: "正在放线"
    And it is Friday 24 July, 10:00
    Then a blue notice about the duty went out on Friday 24 July, 08:30
    And it went to the planning bureau's officer
    When the roads bureau's officer reports the duty done: "同意占道"
    And it is Tuesday 28 July, 17:20
    Then it stands on rung 3
    When it is Tuesday 28 July, 17:30
    Then it stands on rung 4
    When it is Wednesday 29 July, 09:00
    Then a yellow notice about the duty went out on Wednesday 29 July, 08:30
    And the planning bureau answers for it, 1 working day late

  Scenario: Not on a Saturday, moved, and held early · 会商改期与提前召开
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    When the desk calls the roads bureau and the planning bureau to a consultation on Saturday 18 July
    Then that is refused: "2026-07-18 is a day off; the next working time is 2026-07-20 08:30"
    When the desk calls the roads bureau and the planning bureau to a consultation on Monday 20 July
    And the desk moves the consultation to Wednesday 22 July: "图纸未齐"
    Then the conclusion of the consultation is due Monday 27 July, 17:30
    And the mail to the roads bureau's officer says "会商改期"
    When it is Tuesday 21 July, 10:00
    And the desk concludes with these duties:
      | the roads bureau | 出具占道意见 | Monday 27 July |
    Then the case is in progress
    And the mail to the roads bureau's officer says "会商已提前召开，原定2026年7月22日"
