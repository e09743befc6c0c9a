@sqlite
Feature: Signing off · 签发
  A reply counts when the head of the unit has signed it. Nobody signs what they asked for themselves, and a signature that
  is not given within a working day goes up the ladder, while the closing clock runs on.

  Scenario: The head keeps silent · 负责人逾期未签
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And it is Tuesday 21 July, 10:00
    When the planning bureau's officer replies that it is solved: "退界已核定"
    Then the case is in progress
    And the mail to the planning bureau's head says "答复签发"
    And the decision is due Wednesday 22 July, 17:30
    When it is Wednesday 22 July, 17:30
    Then the mail to the desk's head says "答复签发"
    And the decision is due Thursday 23 July, 17:30
    When the planning bureau's head approves
    Then that is refused: "Already done by"
    When it is Thursday 23 July, 17:30
    Then the mail to the deputy chief says "答复签发"
    When it is Friday 24 July, 09:00
    Then a yellow notice about the closing went out on Friday 24 July, 08:30
    And the deputy chief answers for it as approver, 1 working day late
    When the deputy chief approves
    Then the case is replied
    And no closing is owed
