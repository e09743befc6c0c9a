@sqlite
Feature: More time · 延期
  More time is asked before the case is due. The unit's head signs; the first time the head of the desk decides, the second
  time the deputy chief. There is no third time for a complex case.

  Scenario: Granted twice, the third is refused · 两次获批第三次不准
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    And the power company's officer telephones the battery plant
    When it is Friday 17 July, 09:00
    And the power company's officer asks for time until Friday 14 August
    Then that is refused: "an extension is no longer than the limit"
    When the power company's officer asks for time until Thursday 6 August
    And the power company's head approves
    Then the closing date is Thursday 30 July, 17:30
    When the desk's head approves
    Then the closing date is Thursday 6 August, 17:30
    And the original closing date is still Thursday 30 July, 17:30
    And the mail to the battery plant says "办理时限经批准延长"
    When it is Monday 20 July, 09:00
    And the power company's officer asks for time until Friday 14 August
    And the power company's head approves
    Then the mail to the deputy chief says "延期申请"
    When the deputy chief approves
    Then the closing date is Friday 14 August, 17:30
    When it is Tuesday 21 July, 09:00
    And the power company's officer asks for time until Monday 17 August
    Then that is refused: "allows 2 extension(s); all are used"
    And the closing date is Friday 14 August, 17:30
