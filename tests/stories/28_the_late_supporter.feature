Feature: The late supporter · 配合单位逾期
  Each supporter has three working days of its own. A notice is answered within one working day, which explains the delay and
  does not end it. An overdue closing day belongs to the late supporter until it has answered, and then to the lead.

  Scenario: First the supporter's delay, then the lead's · 先是配合单位后是牵头单位
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    And the power company's officer telephones the battery plant
    And it is Monday 20 July, 10:00
    And the roads bureau's officer answers: "同意占用道路"
    And it is Tuesday 21 July, 10:00
    And the power company's officer reports: "等待规划意见"
    When it is Wednesday 22 July, 09:00
    Then a yellow notice about the answer went out on Wednesday 22 July, 08:30
    And it went to the planning bureau's officer and the planning bureau's head
    And the planning bureau answers for it, 1 working day late
    And the duty of the planning bureau is due Thursday 23 July, 17:30
    When it is Thursday 23 July, 10:00
    And the planning bureau's officer explains the delay: "方案尚在会审"
    Then the mail to the desk's head says "已答复督办单"
    And no duty is owed
    And the answer of the planning bureau is due Tuesday 21 July, 17:30
    When it is Friday 24 July, 10:00
    Then a red notice about the answer went out on Friday 24 July, 08:30
    And it went to the planning bureau's head and the deputy chief
    And it stands on rung 3
    When the power company's officer reports: "等待规划意见"
    And it is Wednesday 29 July, 10:00
    And the power company's officer reports: "等待规划意见"
    And it is Friday 31 July, 09:00
    Then a yellow notice about the closing went out on Friday 31 July, 08:30
    And the planning bureau answers for it, 1 working day late
    When it is Monday 3 August, 10:00
    And the planning bureau's officer answers: "路由已核定"
    And it is Tuesday 4 August, 09:00
    Then a red notice about the closing went out on Tuesday 4 August, 08:30
    And the power company answers for it, 3 working days late
    And it stands on rung 4
    And the overdue working days belong to:
      | the planning bureau | 1 |
      | the power company   | 2 |
