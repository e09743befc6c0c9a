@sqlite
Feature: Silent after the reply · 答复后未评价
  After a reply the enterprise is called, three times if nobody answers; then the case closes unrated. Silence is never
  satisfaction, and can be disputed for ten working days.

  Scenario: Silent after the reply · 答复后未评价
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And it is Monday 20 July, 10:00
    And the planning bureau's officer replies that it is solved: "退界已核定"
    And the planning bureau's head approves
    Then the follow-up is due Wednesday 22 July, 17:30
    When it is Tuesday 21 July, 10:00
    And the clerk calls the battery plant and reaches nobody
    Then the follow-up is due Thursday 23 July, 17:30
    When it is Wednesday 22 July, 10:00
    And the clerk calls the battery plant and reaches nobody
    And it is Monday 27 July, 10:00
    Then the case is replied
    And a yellow notice about the follow-up went out on Monday 27 July, 08:30
    And it went to the clerk
    When the clerk calls the battery plant and reaches nobody
    Then the follow-up is due Wednesday 29 July, 17:30
    And the case is replied
    When it is Wednesday 29 July, 17:30
    Then the case is closed as solved
    And it is unrated
    When it is Thursday 13 August, 09:00
    And the battery plant says that it is not solved: "尚未核定"
    Then that is refused: "A closed case could be disputed until 2026-08-12 17:30."

  Scenario: Reached at the second call · 第二次回访接通
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And it is Monday 20 July, 10:00
    And the planning bureau's officer replies that it is partly solved: "一侧退界已核定"
    And the planning bureau's head approves
    And the clerk calls the battery plant and reaches nobody
    When it is Tuesday 21 July, 10:00
    And the clerk calls the battery plant, which rates the result 4 and the attitude 5
    Then the case is closed as partly solved
    And it has the ratings 4 and 5
    And the mail to the battery plant says "部分解决"
