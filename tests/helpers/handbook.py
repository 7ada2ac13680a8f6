"""A handbook of 140 pages in Chinese and English, and 40 questions with the page that answers each.

Twenty machines have the same seven chapters, so that every word of a question stands on many pages:
only the page where they meet is right. No question repeats a sentence of its page.
"""

from __future__ import annotations

from typing import Final

from baichuan_desktop.services.documents.values import Document, Mark, Unit

CHINESE: Final = (
    "离心泵", "空气压缩机", "蒸汽锅炉", "叉车", "桥式起重机", "低压配电柜", "消火栓", "冷却塔",
    "皮带输送机", "数控车床", "氩弧焊机", "乙醇储罐", "货梯", "柴油发电机",
)  # fmt: skip
ENGLISH: Final = (
    "dust collector", "paddle mixer", "drying oven", "laboratory centrifuge", "packing line",
    "fume hood",
)  # fmt: skip

_CHINESE: Final = {
    "安装": "{name}应安装在平整坚固的混凝土基础上，"
    "四周留出不小于{a}厘米的检修通道。就位后用水平仪找平，"
    "每米偏差不得超过{b}毫米。地脚螺栓分三次对角拧紧，"
    "接地电阻实测值记入验收单，由安装班组与使用部门共同签字。",
    "点检": "当班人员接班后先对{name}进行外观检查，"
    "记录振动、温升和异响。温升超过{a}度或者指示灯变为黄色时，"
    "应立即报告班长。点检表每月{b}日交设备科归档，保存两年备查。",
    "润滑": "{name}的轴承每运行{a}小时加注一次二硫化钼润滑脂，每次加注量以挤出旧脂为准。"
    "不同牌号的油脂严禁混用。换油周期为{b}个月，废油交由有资质的单位回收，不得倒入下水道。",
    "故障": "{name}突然停机时，先切断总电源并挂警示牌，"
    "再查看控制面板上的报警代码。代码以E{a}开头表示过载，"
    "等待{b}分钟冷却后方可复位；连续两次复位失败的，通知维修值班室派人处理，操作者不得自行拆卸。",
    "安全": "操作{name}的人员须经培训并持证上岗，工作时佩戴护目镜和防砸鞋，"
    "长发盘入帽内。严禁酒后上岗，"
    "严禁在运转中伸手清理杂物。违反规定的第一次罚款{a}元，第二次调离岗位，{b}年内不得恢复资格。",
    "备件": "{name}的易损件由仓库按最低库存{a}套储备，"
    "低于此数时系统自动生成采购申请，到货周期约{b}天。"
    "领用时以旧换新，经车间主任签字。进口密封件保存在恒温柜中，先进先出。",
    "报废": "{name}累计使用满{a}年，或者一次大修费用超过原值百分之{b}的，由设备科提出鉴定意见，"
    "经总经理办公会批准后注销固定资产卡片。残值通过公开询价出售，所得款项上交财务。",
}
_ENGLISH: Final = {
    "installing": "Place the {name} on a level concrete floor and leave a passage of {a} cm on all "
    "sides. Check it with a spirit level: it may lean by {b} mm per metre. Tighten the anchor "
    "bolts crosswise, and write the earth resistance into the acceptance sheet.",
    "inspection": "At the start of every shift look over the {name} and note vibration, warmth and "
    "noise. If it gets hotter by {a} degrees, or the lamp turns yellow, tell the foreman at once. "
    "The sheets go to the archive on day {b} of the month.",
    "lubrication": "Grease the bearings of the {name} after {a} hours of running, until the old "
    "grease comes out. Never mix brands. Change the oil every {b} months; a licensed firm collects "
    "what is drained.",
    "failures": "If the {name} halts suddenly, cut the mains and hang up the warning sign before "
    "reading the code on the panel. Codes that begin with E{a} mean overload: wait {b} minutes, "
    "then reset. After two vain resets call the repair desk.",
    "safety": "Whoever runs the {name} needs training and a certificate, wears goggles and steel "
    "toe caps, and ties long hair under a cap. Nobody reaches into it while it turns. The first "
    "breach costs a fine of {a} yuan, the second one the post for {b} years.",
    "spares": "The store keeps {a} sets of wear parts for the {name}; below that a purchase "
    "request is made by itself and delivery takes {b} days. Old parts are handed in for new ones, "
    "signed by the workshop head. Imported seals lie in the climate cabinet.",
    "scrapping": "Once the {name} has served {a} years, or one overhaul costs over {b} percent of "
    "its price, the equipment office writes an appraisal. The board approves it, the asset card is "
    "closed, and the remains are sold to the highest bidder.",
}

#: A question, the machine, and the chapter that answers it.
QUESTIONS: Final = (
    ("离心泵的轴承多久要加一次油脂？", "离心泵", "润滑"),
    ("离心泵四周要留多宽的检修通道", "离心泵", "安装"),
    ("空气压缩机报警代码代表什么，怎么复位？", "空气压缩机", "故障"),
    ("空气压缩机的备件最低要存几套？", "空气压缩机", "备件"),
    ("蒸汽锅炉用多少年可以报废", "蒸汽锅炉", "报废"),
    ("蒸汽锅炉温升多少要报告班长？", "蒸汽锅炉", "点检"),
    ("开叉车要戴什么防护用品，需要证吗？", "叉车", "安全"),
    ("叉车大修费用太高时由谁批准注销？", "叉车", "报废"),
    ("叉车换油周期是几个月", "叉车", "润滑"),
    ("桥式起重机突然停了该先做什么？", "桥式起重机", "故障"),
    ("桥式起重机违规操作会罚款多少", "桥式起重机", "安全"),
    ("桥式起重机水平偏差允许多大？", "桥式起重机", "安装"),
    ("低压配电柜的点检表什么时候归档？", "低压配电柜", "点检"),
    ("低压配电柜接地电阻记在哪里", "低压配电柜", "安装"),
    ("消火栓的密封件要怎样保存？", "消火栓", "备件"),
    ("消火栓残值怎么出售？", "消火栓", "报废"),
    ("冷却塔的废油可以倒进下水道吗", "冷却塔", "润滑"),
    ("冷却塔指示灯变黄了怎么办？", "冷却塔", "点检"),
    ("皮带输送机运转时能不能伸手清理杂物？", "皮带输送机", "安全"),
    ("皮带输送机易损件到货要几天", "皮带输送机", "备件"),
    ("数控车床过载之后要冷却几分钟？", "数控车床", "故障"),
    ("数控车床的地脚螺栓怎样拧紧？", "数控车床", "安装"),
    ("氩弧焊机领用备件要谁签字", "氩弧焊机", "备件"),
    ("氩弧焊机喝了酒能上岗吗？", "氩弧焊机", "安全"),
    ("乙醇储罐的固定资产卡片怎么注销？", "乙醇储罐", "报废"),
    ("乙醇储罐不同牌号的油脂可以混用吗？", "乙醇储罐", "润滑"),
    ("货梯接班后要检查哪些项目？", "货梯", "点检"),
    ("柴油发电机连续复位失败找谁处理", "柴油发电机", "故障"),
    ("How often is the dust collector greased?", "dust collector", "lubrication"),
    ("What passage must be left around the dust collector?", "dust collector", "installing"),
    ("Which codes of the paddle mixer stand for an overload?", "paddle mixer", "failures"),
    ("After how many years is a paddle mixer scrapped?", "paddle mixer", "scrapping"),
    ("How many sets of wear parts are kept for the drying oven?", "drying oven", "spares"),
    ("The lamp of the drying oven is yellow: whom do I tell?", "drying oven", "inspection"),
    ("Must I have a certificate for the laboratory centrifuge?", "laboratory centrifuge", "safety"),
    ("The laboratory centrifuge suddenly halted. What first?", "laboratory centrifuge", "failures"),
    ("Who collects drained oil of the packing line?", "packing line", "lubrication"),
    ("What is the fine for a first breach at the packing line?", "packing line", "safety"),
    ("How level does the fume hood have to stand?", "fume hood", "installing"),
    ("Where do imported seals for the fume hood lie?", "fume hood", "spares"),
)  # fmt: skip


def handbook() -> Document:
    """The handbook, each chapter of each machine on a page of its own."""
    marks: list[Mark] = []
    text = ""
    for machine, chapters in [
        *((name, _CHINESE) for name in CHINESE),
        *((name, _ENGLISH) for name in ENGLISH),
    ]:
        for template in chapters.values():
            text += "\n\n" if text else ""
            number = len(marks) + 1
            marks.append(Mark(len(text), Unit.PAGE, number))
            text += template.format(name=machine, a=number % 23 + 5, b=number % 17 + 2)
    return Document(1, 1, "手册.pdf", "pdf", len(text), "", text, tuple(marks))


def page_of(machine: str, chapter: str) -> int:
    """The number of a page."""
    chapters = list(_CHINESE if machine in CHINESE else _ENGLISH)
    return 7 * (*CHINESE, *ENGLISH).index(machine) + chapters.index(chapter) + 1
