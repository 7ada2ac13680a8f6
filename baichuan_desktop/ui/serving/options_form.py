"""What a person chooses before others are served: the port, who may ask, who needs the key."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from baichuan_desktop.services.serving import clause
from baichuan_desktop.services.serving.values import DEFAULT_PORT, ServeOptions
from baichuan_desktop.services.settings import Settings
from baichuan_desktop.ui.look.i18n import is_chinese
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme

_LARGEST_PORT = 65_535
_FIELD = 110  # pixels of the design


class OptionsForm(QWidget):
    """Begins with what was chosen last; the network is never chosen at first.

    Signals:
        changed: it is higher or lower than before.
    """

    changed = Signal()

    def __init__(self, settings: Settings, theme: Theme) -> None:
        super().__init__()
        self._port_label = plain_label()
        self.port = QSpinBox()
        self.port.setRange(0, _LARGEST_PORT)
        self.port.setGroupSeparatorShown(False)
        self.port.setValue(DEFAULT_PORT if settings.server_port is None else settings.server_port)
        self.port.setMinimumWidth(theme.px(_FIELD))
        self.port.lineEdit().setTextMargins(theme.px(5), 0, 0, 0)
        self.needs_key, self.is_lan = QCheckBox(), QCheckBox()
        self.needs_key.setChecked(settings.server_needs_key)
        self._wants_key = settings.server_needs_key
        self.clause, self.warning = plain_label(wraps=True), plain_label(wraps=True)
        self.caution = QFrame()
        self.caution.setObjectName("remark")
        said = QVBoxLayout(self.caution)
        said.setContentsMargins(theme.px(12), theme.px(8), theme.px(12), theme.px(8))
        said.setSpacing(theme.px(6))
        said.addWidget(self.clause)
        said.addWidget(self.warning)
        self.caution.hide()
        row = QHBoxLayout()
        row.setSpacing(theme.px(10))
        row.addWidget(self._port_label)
        row.addWidget(self.port)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(10))
        column.addLayout(row)
        column.addWidget(self.needs_key)
        column.addWidget(self.is_lan)
        column.addWidget(self.caution)
        self.is_lan.toggled.connect(self._on_lan)
        self.needs_key.clicked.connect(self._on_key)

    @property
    def options(self) -> ServeOptions:
        """What is chosen."""
        return ServeOptions(
            port=self.port.value(),
            is_lan=self.is_lan.isChecked(),
            needs_key=self._wants_key,
        )

    @Slot(bool)
    def _on_lan(self, is_lan: bool) -> None:
        self.caution.setVisible(is_lan)
        self.needs_key.setEnabled(not is_lan)  # there everybody needs it
        self.needs_key.setChecked(is_lan or self._wants_key)
        self.changed.emit()

    @Slot(bool)
    def _on_key(self, is_needed: bool) -> None:
        self._wants_key = is_needed

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self._port_label.setText(self.tr("Port"))
        self.port.setAccessibleName(self.tr("Port"))
        self.port.setSpecialValueText(self.tr("any free one"))
        self.needs_key.setText(self.tr("Programs of this computer need the key too"))
        self.is_lan.setText(self.tr("Computers in the network may ask, with the key"))
        self.clause.setText(clause.CLAUSE_ZH if is_chinese() else clause.CLAUSE_EN)
        self.warning.setText(
            self.tr(
                "Nothing is encrypted: who listens in the network can read the key and what is "
                "asked and answered. With a certificate, serve from a terminal:"
            )
            + "\nbaichuan-desktop serve --lan --tls-cert FILE --tls-key FILE"
        )
