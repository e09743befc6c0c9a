@sqlite
Feature: A promise with a date · 承诺限期解决
  What is promised for a date closes as promised, not as solved. Delivered before the date it is replied again, in a new
  cycle; on its date it reopens by itself.

  Scenario: The promise is kept early · 提前兑现
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And it is Monday 20 July, 10:00
    And the planning bureau's officer replies that it is promised for Friday 28 August: "列入八月规划调整"
    And the planning bureau's head approves
    And it is Tuesday 21 July, 10:00
    And the battery plant confirms, rating the result 4 and the attitude 5
    Then the case is closed as promised
    And the promise is due Friday 28 August, 17:30
    When it is Wednesday 26 August, 10:00
    Then a blue notice about the promise went out on Wednesday 26 August, 08:30
    When the planning bureau's officer delivers what was promised: "规划调整已批复"
    Then the case is closed as promised
    When the planning bureau's head approves
    Then the case is replied
    And it is in cycle 2
    And no promise is owed
    And the follow-up is due Friday 28 August, 17:30
    When it is Thursday 27 August, 10:00
    And the battery plant confirms, rating the result 5 and the attitude 5
    Then the case is closed as solved

  Scenario: The promise is missed · 到期未兑现
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And it is Monday 20 July, 10:00
    And the planning bureau's officer replies that it is promised for Friday 28 August: "列入八月规划调整"
    And the planning bureau's head approves
    And the battery plant confirms, rating the result 4 and the attitude 5
    When it is Friday 28 August, 17:30
    Then the case is in progress
    And it is in cycle 2
    And it is in round 1
    And it stands on rung 3
    And it is unrated
    And the planning bureau leads
    And the closing date is Friday 4 September, 17:30
    And the original closing date is still Thursday 23 July, 17:30
    And the mail to the battery plant says "事项已重新开启"
    When the planning bureau's officer delivers what was promised: "规划调整已批复"
    Then that is refused: "“Delivered as promised” is not possible now."
