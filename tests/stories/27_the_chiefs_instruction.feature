@sqlite
Feature: The chief's instruction · 区长批示
  A leader who has the case on the rung may instruct, and name a unit and a day. The case stays where it is; the unit owes
  the duty, whatever its part in the case.

  Scenario: A duty by Friday · 周五前完成
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And the battery plant appeals: "影响投产"
    And the battery plant appeals: "影响投产"
    When the battery plant appeals: "影响投产"
    Then it stands on rung 6
    And the mail to the chief says "提级"
    When the chief instructs the roads bureau to act by Friday 24 July: "先行放线"
    Then the case is in progress
    And the planning bureau leads
    And the duty of the roads bureau is due Friday 24 July, 17:30
    And the mail to the roads bureau's officer says "先行放线"
    And the mail to the planning bureau's officer says "领导批示"
    When it is Tuesday 21 July, 10:00
    And the roads bureau's officer reports the duty done: "已放线"
    Then no duty is owed
    And it stands on rung 6
