"""What a person sees of a server that runs: addresses, the key, what goes on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QVBoxLayout, QWidget

from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.serving import texts
from baichuan_desktop.ui.serving.controller import Served
from baichuan_desktop.ui.serving.copy_row import CopyRow, quiet_button
from baichuan_desktop.ui.serving.key_row import KeyRow

_API = "/v1"  # what programs are given


class RunningView(QWidget):
    """Has a row for the web page, one for programs, one for each address in the network.

    Signals:
        changed: it is higher or lower than before.
    """

    changed = Signal()

    def __init__(self, key: KeyRow, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.key = key
        self.state = plain_label(wraps=True)
        self.page, self.programs, self.model = CopyRow(theme), CopyRow(theme), CopyRow(theme)
        self.open_page = quiet_button()
        self.page.add(self.open_page)
        self.open_page.clicked.connect(self._open)
        self._others: list[CopyRow] = []
        self._network = QVBoxLayout()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for layout in (self._network, self._column):
            layout.setSpacing(theme.px(8))
        self.caution = plain_label(wraps=True)
        self.caution.setObjectName("trouble")
        self.caution.hide()
        self._column.addWidget(self.state)
        self._column.addWidget(self.caution)
        self._column.addWidget(self.page)
        self._column.addWidget(self.programs)
        self._column.addLayout(self._network)
        self._column.addWidget(self.model)
        self._column.addWidget(self.key)
        self.for_ids = plain_label(wraps=True)
        self.for_ids.setObjectName("note")
        self._column.addWidget(self.for_ids)

    def show_served(self, served: Served) -> None:
        """Show what the server does now."""
        self.state.setText(texts.what_goes_on(served))
        if not served.addresses:
            return
        own, *others = served.addresses
        self.page.show_value(f"{own}/")
        self.programs.show_value(f"{own}{_API}")
        model = served.desk.model or ""
        self.model.show_value(model)
        is_changed = self.model.isHidden() == bool(model) or len(others) != len(self._others)
        self.model.setVisible(bool(model))
        self.caution.setVisible(any(one.startswith("http:") for one in others))
        self.for_ids.setVisible(not served.asks_for_key)
        self._show_others([f"{one}{_API}" for one in others])
        if is_changed:
            self.changed.emit()

    def _show_others(self, addresses: Sequence[str]) -> None:
        while len(self._others) > len(addresses):
            row = self._others.pop()
            self._network.removeWidget(row)
            row.deleteLater()
        while len(self._others) < len(addresses):
            row = CopyRow(self._theme)
            self._others.append(row)
            self._network.addWidget(row)
            self._say(row)
        for row, address in zip(self._others, addresses, strict=True):
            row.show_value(address)

    @Slot()
    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl(self.page.value))

    def _say(self, row: CopyRow) -> None:
        row.say(self.tr("In the network"), self.tr("Copy the address in the network"))

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.page.say(self.tr("In a browser"), self.tr("Copy the address of the page"))
        self.programs.say(self.tr("For programs"), self.tr("Copy the address for programs"))
        self.model.say(self.tr("Model"), self.tr("Copy the name of the model"))
        for row in self._others:
            self._say(row)
        self.open_page.setText(self.tr("Open"))
        self.open_page.setAccessibleName(self.tr("Open the page in a browser"))
        self.caution.setText(
            self.tr("Other computers may ask, with the key, and nothing is encrypted.")
        )
        self.for_ids.setText(
            self.tr("Programs of this computer need the key only for prompts given as token ids.")
        )
        self.key.retranslate()
