@sqlite
Feature: A critical case · 紧急事项
  Critical is what stops a site, endangers it, or holds up a key node within 30 days: the first contact is due in two
  working hours, and the head of the desk and the deputy chief get a copy.

  Scenario: Reported an hour before closing · 下班前一小时报告
    Given it is Thursday 16 July 2026, 16:30
    When the battery plant reports a critical power difficulty: "工地断电停工"
    Then the first contact is due Friday 17 July, 09:30
    And the signature for receipt is due Friday 17 July, 12:00
    And the mail to the desk's head says "紧急事项已分办"
    And the mail to the deputy chief says "紧急事项已分办"
    And the closing date is Thursday 30 July, 17:30
