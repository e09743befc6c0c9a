@sqlite
Feature: Recorded for the enterprise · 代企业登记
  What an enterprise may do, a clerk may record for it, naming who spoke and how. The enterprise is told.

  Scenario: An appeal by telephone · 电话请求提级
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区退界需调整"
    And the planning bureau's officer telephones the battery plant
    When the desk records an appeal without saying who made it: "影响投产"
    Then that is refused: "Say who spoke for the enterprise, and through which channel."
    When the desk records an appeal that "项目联络员" made by telephone: "影响投产"
    Then it stands on rung 4
    And the mail to the battery plant says "推进办已代为记录您的意见"
    And the battery plant reads on its page: "影响投产"
    And the history tells:
      | Appealed    | the desk |
      | One rung up | the desk |
