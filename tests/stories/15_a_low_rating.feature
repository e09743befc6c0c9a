@sqlite
Feature: A low rating · 低分评价
  A result rated "unsatisfied" or worse is a dispute, whatever the button said. A bad rating of the attitude alone is not.

  Scenario: Confirmed, but rated two · 确认办结却评两分
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And it is Monday 20 July, 10:00
    And the planning bureau's officer replies that it is solved: "退界已核定"
    And the planning bureau's head approves
    When the battery plant confirms, rating the result 2 and the attitude 5
    Then the case is in progress
    And it is in round 2
    And it stands on rung 4
    And the closing date is Monday 27 July, 17:30
    And the original closing date is still Thursday 23 July, 17:30
    And the mail to the planning bureau's head says "重新办理"
    When it is Tuesday 21 July, 10:00
    And the planning bureau's officer replies that it is solved: "图纸已更正"
    And the planning bureau's head approves
    And the battery plant confirms, rating the result 4 and the attitude 1
    Then the case is closed as solved
    And it has the ratings 4 and 1
