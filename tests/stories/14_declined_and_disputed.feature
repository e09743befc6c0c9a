@sqlite
Feature: Declined and disputed · 不予受理与异议
  What the desk declines is closed, with a reason that the enterprise reads. Within ten working days the enterprise may
  dispute it; then the case is new again, in round 2 and one rung up.

  Scenario: The desk thinks again · 推进办重新分办
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal very unusual difficulty: "门前噪声扰民"
    Then the case is new
    And the triage is due Friday 17 July, 17:30
    And the mail to the clerk says "门前噪声扰民"
    When the desk declines it: "不属于受理范围"
    Then the case is closed as declined
    And the mail to the battery plant says "不予受理"
    And the battery plant reads on its page: "不属于受理范围"
    When it is Friday 17 July, 09:00
    And the battery plant says that it is not solved: "影响项目施工"
    Then the case is new
    And it is in round 2
    And it stands on rung 2
    And nobody leads it yet
    And the triage is due Monday 20 July, 17:30
    When the desk dispatches it to the lakeside committee as ordinary
    Then the case is in progress
    And the lakeside committee leads
    And it stands on rung 2
    And the closing date is Friday 24 July, 17:30
