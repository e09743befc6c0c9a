@sqlite
Feature: Reassigned · 改派
  When another unit takes the lead, the open clocks pass to it with their dates. What was done need not be done again, the
  new lead signs for the case anew, and the former one's link only shows it.

  Scenario: The dates stay · 时限不变
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    And the power company's officer telephones the battery plant
    And the power company's officer asks for time until Thursday 6 August
    When it is Monday 20 July, 10:00
    And the desk reassigns it to the water company: "管廊由水务统建"
    Then the water company leads, supported by the roads bureau and the planning bureau
    And the closing date is Thursday 30 July, 17:30
    And the closing of the water company is due Thursday 30 July, 17:30
    And the interim report of the water company is due Tuesday 21 July, 17:30
    And the signature for receipt is due Monday 20 July, 17:30
    And no first contact is owed
    And no decision is owed
    And the power company's officer may only look
    And the mail to the power company's officer says "已失效"
    And the mail to the water company's officer says "请签收并牵头办理"
    When the water company's officer signs for it
    Then no signature for receipt is owed
    When it is Tuesday 21 July, 10:00
    And the power company's officer reports: "已移交"
    Then that is refused: "“Report progress or the plan” is not for Observer."
