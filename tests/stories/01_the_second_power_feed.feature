Feature: The second power feed · 第二路电源
  One case told end to end: reported, supported late, refused more time, answered in part, disputed, done again, confirmed.

  Scenario: A battery plant gets its corridor in the second round · 电池厂第二轮拿到电力通道
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    Then the power company leads, supported by the roads bureau and the planning bureau
    And its class is complex
    And the signature for receipt is due Thursday 16 July, 17:30
    And the first contact is due Thursday 16 July, 16:00
    And the closing date is Thursday 30 July, 17:30
    And the answer of the roads bureau is due Tuesday 21 July, 17:30
    And the answer of the planning bureau is due Tuesday 21 July, 17:30
    And the mail to the power company's officer says "请签收并牵头办理"
    And the mail to the battery plant says "供电公司牵头办理"
    When it is Thursday 16 July, 14:40
    And the power company's officer telephones the battery plant
    Then no first contact is owed
    When it is Monday 20 July, 09:00
    And the roads bureau's officer answers: "同意占用道路"
    And the power company's officer reports: "已踏勘现场"
    And it is Wednesday 22 July, 09:00
    Then a yellow notice about the answer went out on Wednesday 22 July, 08:30
    And the planning bureau answers for it, 1 working day late
    When it is Friday 24 July, 09:00
    Then a red notice about the answer went out on Friday 24 July, 08:30
    And the planning bureau answers for it, 3 working days late
    When it is Monday 27 July, 10:00
    And the power company's officer asks for time until Thursday 6 August
    And the power company's head approves
    And it is Tuesday 28 July, 09:00
    And the desk's head refuses: "理由不足"
    Then the mail to the power company's officer says "不同意"
    And the closing date is Thursday 30 July, 17:30
    When it is Thursday 30 July, 11:00
    And the power company's officer replies that it is partly solved: "一路已通"
    And it is Thursday 30 July, 15:00
    And the power company's head approves
    Then the case is replied
    And the follow-up is due Monday 3 August, 17:30
    And the mail to the battery plant says "请确认办理结果"
    When it is Friday 31 July, 09:00
    And the battery plant says that it is not solved: "第二路仍未通电"
    Then the case is in progress
    And it is in round 2
    And it stands on rung 4
    And the closing date is Friday 7 August, 17:30
    And the original closing date is still Thursday 30 July, 17:30
    When the desk calls the roads bureau and the planning bureau to a consultation on Monday 3 August
    And it is Monday 3 August, 16:00
    And the desk concludes with these duties:
      | the roads bureau | 确定电力通道 | Wednesday 5 August |
    And it is Wednesday 5 August, 10:00
    And the roads bureau's officer reports the duty done: "通道已确定"
    And it is Thursday 6 August, 10:00
    And the power company's officer replies that it is solved: "第二路已通电"
    And the power company's head approves
    And it is Friday 7 August, 09:00
    And the battery plant confirms, rating the result 5 and the attitude 4
    Then the case is closed as solved
    And it is in round 2
    And it has the ratings 5 and 4
    And no clock runs any more
    And the history tells:
      | Reported               | the battery plant           |
      | Dispatched             | the rules                   |
      | Enterprise contacted   | the power company's officer |
      | Answered the lead      | the roads bureau's officer  |
      | More time asked for    | the power company's officer |
      | Approved               | the power company's head    |
      | Refused                | the desk's head             |
      | Reply submitted        | the power company's officer |
      | Approved               | the power company's head    |
      | Disputed as not solved | the battery plant           |
      | Consultation called    | the desk                    |
      | Consultation concluded | the desk                    |
      | Duty reported done     | the roads bureau's officer  |
      | Reply submitted        | the power company's officer |
      | Approved               | the power company's head    |
      | Rated                  | the battery plant           |
