@sqlite
Feature: A node that slips · 节点滞后
  The day that is planned for a node of a project stands until a named person rules otherwise. A node more than seven calendar
  days late is yellow; days on which the heat closed the site are not counted. The original day is never taken off the list.

  Scenario: Heat-stop days are excused and a change is ruled on · 高温停工免计与计划调整
    Given it is Thursday 16 July 2026, 10:00
    And the main structure of the battery plant's project is planned for Monday 20 July
    When the days pass until Monday 27 July, 09:00
    And the desk tells that the site stood still because of the heat on Thursday 23 July
    And the desk tells that the site stood still because of the heat on Friday 24 July
    And the days pass until Wednesday 29 July, 23:00
    Then 0 notices about the main structure went out
    And it is 7 days late, and its light is green
    When the days pass until Thursday 30 July, 08:00
    Then 1 notice about the main structure went out
    And it is 8 days late, and its light is yellow
    And the mail to the commissioner says "滞后8天"
    And the mail to the desk's head says "抄送"
    When the desk asks to move the main structure to Monday 31 August: "钢构件到场推迟"
    Then the mail to the deputy chief says "2026年8月31日"
    And the main structure is planned for Monday 20 July still
    When the deputy chief refuses the other day: "先抢工期"
    Then the mail to the commissioner says "未批准"
    And the main structure is planned for Monday 20 July still
    When the desk asks to move the main structure to Monday 17 August: "抢工后仍需四周"
    And the deputy chief approves the other day
    Then the mail to the commissioner says "已批准"
    And the main structure is planned for Monday 17 August, and was for Monday 20 July
    When the days pass until Monday 24 August, 09:00
    And the desk records that the main structure was reached on Saturday 22 August
    And the days pass until Friday 30 October, 09:00
    Then 1 notice about the main structure went out
    And it is 5 days late, and its light is green

  Scenario: Nobody moves a day alone · 未经裁定不得调整
    Given it is Thursday 16 July 2026, 10:00
    And the main structure of the battery plant's project is planned for Monday 20 July
    When the desk expects the main structure on Friday 28 August
    Then it is 39 days late, and its light is red
    And 0 notices about the main structure went out
    And the main structure is planned for Monday 20 July still
    When the days pass until Tuesday 28 July, 08:00
    Then 1 notice about the main structure went out
    And the mail to the deputy chief says "红色督办单"
    And the mail to the deputy chief says "已滞后8天，预计滞后39天"
    When the days pass until Thursday 20 August, 08:00
    Then 1 notice about the main structure went out
