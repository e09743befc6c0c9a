"""Thirty pairs of reports as people write them: fifteen of one matter each, fifteen of two matters that sound related.

The measure was not fitted to them: they were written after its threshold was set.
"""

from __future__ import annotations

Report = tuple[str, str]

SAME: tuple[tuple[Report, Report], ...] = (
    (("35千伏线路穿越地块需迁改", "地块中部有一条35千伏架空线，影响二号厂房桩基施工。"), ("地块内高压线迁改", "二号厂房桩基上方的35千伏架空线一直未迁走。")),
    (("厂区门口道路塌陷", "厂区大门外市政道路塌陷约两米，货车绕行。"), ("门口市政道路塌了一个坑", "大门外道路塌陷两米宽，货车要绕行。")),
    (("施工许可证卡在图审环节", "施工图审查合格书一直未出，开工日期临近。"), ("图审合格书未出，施工许可办不下来", "施工图审查拖了三周。")),
    (("银行贷款未放款", "固定资产贷款3亿元已批未放，设备尾款无法支付。"), ("3亿元固定资产贷款批了不放款", "设备尾款等这笔贷款支付。")),
    (("高温津贴标准咨询", "车间高温津贴如何发放。"), ("咨询车间高温津贴发放标准", "")),
    (("雨污混接整改验收", "雨污混接已整改完成，等待验收。"), ("雨污混接整改后请来验收", "")),
    (("危化品仓库间距不够", "甲类仓库与丙类厂房间距不足15米。"), ("甲类仓库和丙类厂房的间距问题", "间距按规范应为15米，现场不足。")),
    (("蒸汽压力不稳", "园区集中供热蒸汽压力经常低于0.6兆帕，影响灭菌。"), ("集中供热蒸汽压力低", "蒸汽压力低于0.6兆帕时灭菌柜无法运行。")),
    (("公交线路未到园区", "员工上下班无公交，最近站点两公里。"), ("希望增设园区公交站", "离最近的公交站点有两公里，员工上下班不便。")),
    (("土地出让合同约定的竣工期将至", "因疫情和设计变更，竣工期需延长6个月。"), ("申请延长出让合同竣工期限", "设计变更导致竣工推迟，申请延长6个月。")),
    (("Voltage dips stop the line", "Three dips in two months; each stop costs us 800,000 yuan."), ("Production line stopped by voltage dips", "The third dip in two months.")),
    (("Access road blocked by neighbours", "Villagers block the access road to the site since Monday."), ("Villagers blocking the road to our site", "Trucks cannot enter since Monday.")),
    (("Gas pipe does not reach the plot", "The main is 300 m away; nobody wants to build the branch."), ("No gas connection", "Branch from the main, 300 m from our plot, has no builder.")),
    (("Fire inspection not scheduled", "We applied for the fire inspection on 1 June."), ("Still waiting for a date of the fire inspection", "Applied on 1 June, no answer.")),
    (("Shortage of night-shift operators", "We need 180 operators for the night shift and have 95."), ("95 of 180 operators hired", "Night shift operators are missing.")),
)  # fmt: skip

DIFFERENT: tuple[tuple[Report, Report], ...] = (
    (("35千伏线路穿越地块需迁改", "地块中部有一条35千伏架空线，影响桩基施工。"), ("10千伏专线接入方案", "专线接入方案迟迟未批，影响设备调试。")),
    (("厂区门口道路塌陷", "厂区大门外市政道路塌陷约两米，货车绕行。"), ("厂区门口路口开设审批", "新开路口的审批材料已交，等待踏勘。")),
    (("施工许可证卡在图审环节", "施工图审查合格书一直未出。"), ("竣工图归档要求不明", "档案馆与窗口对竣工图的要求不一致。")),
    (("银行贷款未放款", "固定资产贷款3亿元已批未放。"), ("贷款贴息政策咨询", "技改贷款贴息从哪里申报。")),
    (("高温津贴标准咨询", "车间高温津贴如何发放。"), ("高温天气工人休息棚占用绿化", "申请临时占用绿化带搭休息棚。")),
    (("雨污混接整改验收", "雨污混接已整改完成，等待验收。"), ("雨水管网堵塞", "门前雨水管堵塞，雨天倒灌。")),
    (("危化品仓库间距不够", "甲类仓库与丙类厂房间距不足15米。"), ("危化品运输车辆限行", "危化品车辆每日只能在夜间通行。")),
    (("蒸汽压力不稳", "蒸汽压力经常低于0.6兆帕。"), ("蒸汽价格偏高", "蒸汽价格较去年上涨两成，希望协商。")),
    (("公交线路未到园区", "员工上下班无公交。"), ("员工宿舍不足", "园区蓝领公寓已满，员工无处居住。")),
    (("土地出让合同约定的竣工期将至", "竣工期需延长6个月。"), ("土地出让金分期缴纳", "申请分两期缴纳土地出让金。")),
    (("Voltage dips stop the line", "Three dips in two months."), ("Second feed for the cold store", "The feed is planned for next year; we need it in December.")),
    (("Access road blocked by neighbours", "Villagers block the access road."), ("Opening in the road for a second gate", "The application for the second gate is at the window.")),
    (("Gas pipe does not reach the plot", "The main is 300 m away."), ("Gas price for industry", "Which price applies to us from July?")),
    (("Fire inspection not scheduled", "We applied on 1 June."), ("Fire water tank too small", "The volume of the tank was questioned by the reviewer.")),
    (("Shortage of night-shift operators", "We need 180 operators."), ("Wage dispute of a subcontractor", "Workers of the steel subcontractor were not paid.")),
)  # fmt: skip
