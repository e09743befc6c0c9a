@sqlite
Feature: Tracked · 长期跟踪
  What cannot be closed soon is tracked, if the deputy chief agrees: no closing date, but a report every month. A late
  report is overdue and climbs.

  Scenario: Monthly reports, one of them late · 按月报告一次逾期
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区规划待省批复"
    And the planning bureau's officer telephones the battery plant
    And it is Friday 17 July, 10:00
    When the desk asks to track it, with a first report by Thursday 20 August
    Then the case is in progress
    When the deputy chief approves
    Then the case is tracked
    And nobody can say when it will be closed
    And no closing is owed
    And the interim report is due Thursday 20 August, 17:30
    And the mail to the battery plant says "长期跟踪"
    When it is Wednesday 19 August, 10:00
    And the planning bureau's officer reports: "省厅正在审查"
    Then the interim report is due Sunday 20 September, 17:30
    When it is Wednesday 23 September, 09:00
    Then a yellow notice about the interim report went out on Monday 21 September, 08:30
    And a red notice about the interim report went out on Wednesday 23 September, 08:30
    And the planning bureau answers for it, 3 working days late
    And it stands on rung 4
    When the planning bureau's officer reports: "省厅已会审"
    Then the interim report is due Friday 23 October, 17:00
    And the case is tracked
