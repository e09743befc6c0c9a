@sqlite
Feature: Suspended, then overdue · 挂起后逾期
  While a case is suspended its closing clock stands still: a day on whose closing minute it stood still does not count.
  After it the clock runs on, and what is late then is late.

  Scenario: Seven days do not count, the eighth is late · 挂起七天不计时
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    Then the closing date is Thursday 23 July, 17:30
    When it is Friday 17 July, 10:00
    And the planning bureau's officer asks to suspend it for a public notice until Friday 31 July
    Then the case is in progress
    And the decision is due Monday 20 July, 17:30
    When it is Monday 20 July, 09:00
    And the desk's head approves
    Then the case is suspended
    And its light is grey
    And nobody can say when it will be closed
    And the resumption is due Friday 31 July, 17:30
    And the review of the suspension is due Monday 3 August, 17:30
    When it is Tuesday 28 July, 10:00
    And the desk reviews the suspension: "公示尚未结束"
    Then the review of the suspension is due Tuesday 11 August, 17:30
    When it is Wednesday 29 July, 10:00
    Then no notice about the closing went out
    When the desk resumes it
    Then the case is in progress
    And the closing date is Monday 3 August, 17:30
    And the original closing date is still Thursday 23 July, 17:30
    When it is Thursday 30 July, 09:00
    Then a blue notice about the closing went out on Thursday 30 July, 08:30
    And it went to the planning bureau's officer
    When it is Tuesday 4 August, 09:00
    Then a yellow notice about the closing went out on Tuesday 4 August, 08:30
    And it went to the planning bureau's officer and the planning bureau's head
    And the planning bureau answers for it, 1 working day late
    And its light is yellow
    And it stands on rung 3
    When it is Thursday 6 August, 09:00
    Then a red notice about the closing went out on Thursday 6 August, 08:30
    And it went to the planning bureau's head and the deputy chief
    And the planning bureau answers for it, 3 working days late
    And its light is red
    And it stands on rung 4

  Scenario: Suspended on the day of the report · 当天挂起
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And the planning bureau's officer asks to suspend it for a public notice until Friday 31 July
    And the desk's head approves
    When it is Monday 20 July, 10:00
    And the desk resumes it
    Then the closing date is Friday 24 July, 17:30
