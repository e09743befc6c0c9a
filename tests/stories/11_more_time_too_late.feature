@sqlite
Feature: More time, too late · 延期过时
  A request stops no clock. What is undecided when the case falls due is refused, and after the due moment nothing can be
  asked.

  Scenario: Undecided on the closing day · 到期仍未审批
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And it is Wednesday 22 July, 10:00
    And the planning bureau's officer asks for time until Tuesday 28 July
    And the planning bureau's head approves
    When it is Thursday 23 July, 17:20
    Then the decision is due Thursday 23 July, 17:30
    When it is Thursday 23 July, 17:30
    Then no decision is owed
    And the mail to the planning bureau's officer says "不同意"
    And the closing date is Thursday 23 July, 17:30
    When the desk's head approves
    Then that is refused: "Already done by Clock on 2026-07-23 17:30: Refused."

  Scenario: Asked after the closing day · 到期后才申请
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    When it is Friday 24 July, 09:00
    And the planning bureau's officer asks for time until Tuesday 28 July
    Then that is refused: "The case was due 2026-07-23 17:30; more time must be asked before that."
    And what is allowed now is "Reply", by the lead unit
    And what is allowed now is "Reassign", by the head of the desk
    And its light is yellow
