@sqlite
Feature: Reopened by the desk · 推进办重新开启
  The head of the desk may take any closed case up again, with a reason: a new cycle begins with a closing date of its own,
  and the first one stays on record.

  Scenario: It happened again · 问题再次出现
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And it is Monday 20 July, 10:00
    And the planning bureau's officer replies that it is solved: "退界已核定"
    And the planning bureau's head approves
    And the battery plant confirms, rating the result 5 and the attitude 5
    Then the case is closed as solved
    When it is Tuesday 21 July, 10:00
    And the battery plant says that it is not solved: "又有变化"
    Then that is refused: "that is final"
    When it is Monday 10 August, 10:00
    And the desk reopens it: "核定与批复不一致"
    Then the case is in progress
    And it is in cycle 2
    And it is in round 1
    And it stands on rung 3
    And it is unrated
    And the closing date is Monday 17 August, 17:30
    And the original closing date is still Thursday 23 July, 17:30
    And the mail to the planning bureau's officer says "请签收并牵头办理"
    And the mail to the battery plant says "事项已重新开启"
