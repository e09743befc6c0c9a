Feature: Two reporters, one matter · 同一事项两家反映
  A report of the same matter is merged into the open one. Both enterprises are told what becomes of it, and the first one
  rates it.

  Scenario: The second report is merged · 第二份报告并入
    Given it is Thursday 16 July 2026, 10:00
    And the battery plant reports an urgent power difficulty: "第二路电源无廊道"
    And it is Thursday 16 July, 15:00
    And the building contractor reports an urgent power difficulty: "工地第二路电源未落实"
    When the desk merges the report of the building contractor into that of the battery plant
    Then the case of the building contractor is closed as merged
    And the case is in progress
    And the mail to the building contractor says "合并"
    And the mail to the battery plant says "同类事项已并入"
    When it is Thursday 16 July, 16:00
    And the power company's officer replies that it is solved: "已确定廊道"
    And the power company's head approves
    Then the mail to the battery plant says "请确认办理结果"
    When the building contractor confirms, rating the result 1 and the attitude 1
    Then that is refused: "The first reporter decides on this"
    When the battery plant confirms, rating the result 5 and the attitude 5
    Then the case is closed as solved
    And the mail to the building contractor says "办成"
