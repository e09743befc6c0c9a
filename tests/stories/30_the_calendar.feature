@sqlite
Feature: The calendar · 工作日历
  Working days are the office's own: a make-up Sunday counts, National Day does not, and dates in a year whose schedule is
  not announced are marked as estimated.

  Scenario: A make-up Sunday · 周日调休上班
    Given it is Friday 18 September 2026, 10:00
    When the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    Then the answer of the roads bureau is due Tuesday 22 September, 17:30
    And the closing date is Friday 9 October, 17:00

  Scenario: National Day · 国庆假期
    Given it is Wednesday 30 September 2026, 10:00
    When the battery plant reports a normal planning difficulty: "厂区退界需调整"
    Then the closing date is Tuesday 13 October, 17:00

  Scenario: Spring Festival · 春节假期
    Given it is Friday 13 February 2026, 10:00
    When the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    Then the answer of the roads bureau is due Wednesday 25 February, 17:00

  Scenario: A year that is not announced · 下一年安排尚未公布
    Given it is Wednesday 30 December 2026, 10:00
    When the battery plant reports a normal planning difficulty: "厂区退界需调整"
    Then the closing date is Thursday 7 January 2027, 17:00, estimated
    And the mail to the planning bureau's officer says "推定"
    And the mail to the battery plant says "推定"
