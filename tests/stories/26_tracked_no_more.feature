@sqlite
Feature: Tracked no more · 恢复限时办理
  The head of the desk ends the tracking and names the class: the closing date is counted anew from that day.

  Scenario: Back to a closing date · 恢复限时办理
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区规划待省批复"
    And the planning bureau's officer telephones the battery plant
    And the desk asks to track it, with a first report by Wednesday 30 September
    And the deputy chief approves
    And it is Monday 28 September, 10:00
    When the desk ends the tracking: it is ordinary from now on
    Then the case is in progress
    And its class is ordinary
    And the closing date is Saturday 10 October, 17:00
    And the original closing date is still Thursday 23 July, 17:30
    And the mail to the planning bureau's officer says "结束长期跟踪"
