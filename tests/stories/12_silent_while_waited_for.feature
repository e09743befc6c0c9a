@sqlite
Feature: Silent while it is waited for · 挂起待补期间未回应
  An enterprise that is waited for is reminded twice; at the cap of ten days the case counts as replied, without response and
  without sign-off. The enterprise may still dispute it.

  Scenario: Silent while its papers are waited for · 挂起待补期间未回应
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And it is Friday 17 July, 10:00
    And the planning bureau's officer asks to suspend it for the enterprise's papers until Friday 24 July
    And the desk's head approves
    When it is Wednesday 22 July, 15:00
    Then the mail to the battery plant says "请尽快补充材料"
    When it is Thursday 23 July, 09:00
    Then the mail to the battery plant says "请尽快补充材料"
    When the planning bureau's officer replies that it is solved: "退界已核定"
    Then that is refused: "“Reply” is not possible now."
    And what is allowed now is "Review the suspension", by the head of the desk, until Friday 31 July, 17:30
    When it is Monday 27 July, 17:20
    Then the case is suspended
    And the battery plant gets no mail
    When it is Monday 27 July, 17:30
    Then the case is replied
    And the mail to the battery plant says "请确认办理结果"
    And the mail to the clerk says "请回访"
    And the planning bureau's head gets no mail
    And the follow-up is due Wednesday 29 July, 17:30
    When it is Tuesday 28 July, 10:00
    And the clerk calls the battery plant and reaches nobody
    And it is Wednesday 29 July, 10:00
    And the clerk calls the battery plant and reaches nobody
    And it is Thursday 30 July, 10:00
    And the clerk calls the battery plant and reaches nobody
    And it is Monday 3 August, 17:30
    Then the case is closed as without response
    And it is unrated
    When it is Tuesday 4 August, 09:00
    And the battery plant says that it is not solved: "材料已备齐"
    Then the case is in progress
    And it is in round 2
    And it stands on rung 4
    And the closing date is Tuesday 11 August, 17:30
    And the mail to the planning bureau's officer says "重新办理"
