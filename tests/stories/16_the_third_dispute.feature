Feature: The third dispute · 第三次异议
  Each redo climbs one rung. After two of them the deputy chief decides: once more, or closed as a reasonable explanation,
  which is final and never counted as solved.

  Scenario: A reasonable explanation · 合理解释
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports a normal planning difficulty: "厂区容积率要求放宽"
    And the planning bureau's officer telephones the battery plant
    And the planning bureau's officer replies that it is explained: "控规不允许"
    And the planning bureau's head approves
    When the battery plant says that it is not solved: "同类项目已放宽"
    Then it is in round 2
    And it stands on rung 4
    When it is Monday 20 July, 10:00
    And the planning bureau's officer replies that it is explained: "同类项目情形不同"
    And the planning bureau's head approves
    And the battery plant says that it is not solved: "仍要求放宽"
    Then it is in round 3
    And it stands on rung 5
    And the closing date is Monday 27 July, 17:30
    When it is Tuesday 21 July, 10:00
    And the planning bureau's officer replies that it is explained: "经研究不能放宽"
    And the planning bureau's head approves
    And the battery plant says that it is not solved: "不接受"
    Then the case is replied
    And it stands on rung 5
    And the mail to the deputy chief says "不满意事项裁定"
    And the decision is due Wednesday 22 July, 17:30
    When the battery plant confirms, rating the result 5 and the attitude 5
    Then that is refused: "The deputy chief decides on this case now."
    When the deputy chief refuses: "政策不允许"
    Then the case is closed as a reasonable explanation
    And the mail to the battery plant says "合理解释"
    When it is Wednesday 22 July, 10:00
    And the battery plant says that it is not solved: "不接受"
    Then that is refused: "that is final"
