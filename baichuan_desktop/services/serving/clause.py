"""What the publisher of the models asks of whoever serves them to others, in both languages."""

from __future__ import annotations

#: Shown where other machines are to be served; from the disclaimer that is kept in the registry.
CLAUSE_EN = (
    "The publisher of the Baichuan models strongly appeals to all users not to do anything with "
    "the models that harms national or social security or breaks the law, and asks that they not "
    "be used for Internet services without a proper security review and filing."
)
CLAUSE_ZH = (
    "Baichuan 模型的发布方强烈呼吁所有使用者不要利用该模型进行任何危害国家社会安全或违法的活动，"
    "并要求不要将其用于未经适当安全审查和备案的互联网服务。"
)
