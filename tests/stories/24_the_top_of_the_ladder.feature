@sqlite
Feature: The top of the ladder · 提到顶层
  On the top rung causes are recorded, nothing climbs, and the head of the desk owes the city a report every month.

  Scenario: The top of the ladder · 提到顶层
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    And the battery plant appeals: "影响投产"
    And the battery plant appeals: "影响投产"
    And the battery plant appeals: "影响投产"
    When the battery plant appeals: "影响投产"
    Then it stands on rung 7
    And the mail to the chief says "企业请求提级"
    And the report to the city is due Sunday 16 August, 23:59
    When the battery plant appeals: "仍未解决"
    Then it stands on rung 7
    When the battery plant appeals: "仍未解决"
    Then that is refused: "This rung was appealed already"
    When it is Friday 14 August, 10:00
    Then it stands on rung 7
    When the desk reports to the city: "已报市级协调"
    Then the report to the city is due Monday 14 September, 23:59
