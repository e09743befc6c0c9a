@sqlite
Feature: Up the ladder on request · 请求提级
  The enterprise may appeal once on each rung, and a unit's head may ask for the next one. Each is a cause of its own and
  climbs once; the closing date stays.

  Scenario: The plant appeals and the head asks · 企业请求与单位提请
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    When the battery plant appeals: "影响投产"
    Then it stands on rung 4
    And the mail to the desk's head says "企业请求提级"
    And the mail to the planning bureau's officer says "企业请求提级"
    And the case is in progress
    And the closing date is Thursday 23 July, 17:30
    When the planning bureau's head asks for the next rung: "需区级协调"
    Then it stands on rung 5
    And the mail to the deputy chief says "单位负责人提请提级"
    When it is Friday 24 July, 09:00
    Then it stands on rung 5
