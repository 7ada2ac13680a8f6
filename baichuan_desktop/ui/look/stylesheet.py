"""The style sheet that goes over Fusion, with the colours and sizes of a theme filled in."""

from __future__ import annotations

import dataclasses
import re
from string import Template

from baichuan_desktop.ui.look.colours import Colours

_LENGTH = re.compile(r"(?<![\w-])(\d+)px")

_SHEET = Template("""
QToolTip {
    color: $text; background: $page; border: 1px solid $border; padding: 5px 7px;
}
QMenu { background: $page; border: 1px solid $border; padding: 5px; }
QMenu::item { padding: 6px 26px 6px 26px; border-radius: 6px; }
QMenu::item:selected { background: $hover; color: $text; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $border; margin: 5px 8px; }

QComboBox { combobox-popup: 0; }
QComboBox QAbstractItemView {
    background: $page; border: 1px solid $border; padding: 4px 0; outline: none;
}

#topBar, #page, #transcript, #welcome, #welcomePage { background: $page; border: none; }
#welcomeHeading { font-size: 24px; font-weight: 600; }
#welcomeText { color: $muted; font-size: 14px; }
#muted { color: $muted; }
#note { color: $muted; font-size: 12px; }

#chip { background: $page; border: 1px solid $border; border-radius: 8px; }
QToolButton#precision {
    border: 1px solid transparent; border-radius: 7px; padding: 4px 10px 4px 2px;
    background: transparent; font-weight: 600;
}
QToolButton#tool {
    border: 1px solid transparent; border-radius: 6px; background: transparent; padding: 3px;
}
QToolButton#precision:hover, QToolButton#tool:hover { background: $hover; }
QToolButton#tool:checked { background: $selected; }
QToolButton#precision:focus, QToolButton#tool:focus { border-color: $accent; }
QToolButton#tool::menu-indicator { image: none; }
QToolButton#status {
    color: $muted; border: 1px solid transparent; border-radius: 6px; padding: 4px 8px;
    background: transparent;
}
QToolButton#status:hover { background: $hover; color: $text; }
QToolButton#status:focus { border-color: $accent; }
QToolButton#context {
    color: $muted; font-size: 12px; border: 1px solid transparent; border-radius: 6px;
    padding: 2px 4px; background: transparent;
}
QToolButton#context:hover { background: $hover; color: $text; }
QToolButton#context[isTooMuch="true"] { color: $danger; }
QToolButton#context:focus { border-color: $accent; }
QToolButton#jump {
    border: 1px solid $border; border-radius: 17px; background: $page;
}
QToolButton#jump:hover { background: $hover; }
#remark { background: $caution_ground; border: 1px solid $border; border-radius: 8px; }
#remark QLabel { color: $caution; }

#partsList::indicator {
    width: 13px; height: 13px; border: 1px solid $muted; border-radius: 4px; background: $page;
}
#partsList::indicator:checked {
    background: $accent; border-color: $on_accent; image: url(icons:$check);
}
#partsList {
    background: $page; border: 1px solid $border; border-radius: 7px; padding: 5px 7px;
    selection-background-color: $accent; selection-color: $on_accent;
}
#partsList:focus { border-color: $accent; }
#documentScroll, #documentPlace { background: transparent; border: none; }
#documentFrame { background: $window; border: 1px solid $border; border-radius: 8px; }
QToolButton#documentName {
    color: $text; border: 1px solid transparent; border-radius: 6px; padding: 3px 5px;
    background: transparent;
}
QToolButton#documentName:hover { background: $hover; }
QToolButton#documentName:focus { border-color: $accent; }
#documentFrame[trouble="true"] QToolButton#documentName { color: $danger; }
QToolButton#documentChip {
    color: $text; border: 1px solid $border; border-radius: 8px; padding: 3px 8px;
    background: $page;
}
QToolButton#documentChip:hover { background: $hover; }
QToolButton#documentChip:focus { border-color: $accent; }
QToolButton#rowAction {
    color: $muted; border: 1px solid transparent; border-radius: 6px; padding: 3px;
    background: transparent;
}
QToolButton#rowAction:hover { background: $hover; color: $text; }
QToolButton#rowAction:focus { border-color: $accent; }
#rowEditor { background: $page; border: 1px solid $accent; border-radius: 10px; }
#rowEditor QPlainTextEdit { background: transparent; border: none; }
#addressHint, #findBar {
    color: $text; background: $window; border: 1px solid $border; border-radius: 8px;
}
#addressHint { padding: 4px 8px; }
#findBar QLineEdit { background: transparent; border: none; }

#variables, #variablesScroll { background: transparent; border: none; }
#composer QPlainTextEdit { background: transparent; border: none; }
QToolButton#send { border: 2px solid $accent; border-radius: 16px; background: $accent; }
QToolButton#send:hover { background: $accent_hover; border-color: $accent_hover; }
QToolButton#send:focus { border-color: $text; }
QToolButton#send:disabled { background: $selected; border-color: $selected; }

#searchField {
    background: transparent; border: 1px solid transparent; border-radius: 8px;
    selection-background-color: $accent; selection-color: $on_accent; color: $text;
}
#searchField:hover { background: $hover; }
#searchField:focus { background: $page; border-color: $accent; }
QToolButton#clearSearch {
    border: 1px solid transparent; border-radius: 6px; background: transparent;
}
QToolButton#clearSearch:hover { background: $hover; }

#sidebar { background: $window; border: none; border-right: 1px solid $border; }

QPushButton {
    border: 1px solid $border; border-radius: 8px; padding: 6px 14px;
    background: $page; color: $text;
}
QPushButton:hover { background: $hover; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $disabled; background: $window; }
QPushButton#primary, QPushButton:default {
    background: $accent; color: $on_accent; border-color: $accent;
}
QPushButton#primary { font-weight: 600; }  /* a button is not made wider for a bold :default */
QPushButton#primary:hover, QPushButton:default:hover {
    background: $accent_hover; border-color: $accent_hover;
}
QPushButton#quiet:default { background: $page; color: $text; }
QPushButton#quiet:default:hover { background: $hover; }
QPushButton#primary:focus { border-color: $text; }
QPushButton#primary:disabled, QPushButton:default:disabled {
    background: $hover; color: $disabled; border-color: $hover;
}
QPushButton#card {
    text-align: left; padding: 0; border-radius: 10px; background: $page;
}
QPushButton#card:hover { background: $hover; border-color: $accent; }
QPushButton#card:focus { border-color: $accent; }
QPushButton#card:disabled { background: $page; border-color: $border; }
#cardTitle { font-weight: 500; }
#cardTitle:disabled { color: $disabled; }

#settingName { font-weight: 500; }
#settingsSections { background: transparent; border: none; outline: none; }
#settingsSections::item {
    padding: 7px 10px; border-radius: 7px; border: 1px solid transparent; color: $text;
}
#settingsSections::item:hover { background: $hover; }
#settingsSections::item:selected { background: $selected; }
#settingsSections::item:selected:focus { border-color: $accent; }
#settingsBody, #settingsScroll, #editorBody, #editorScroll { background: $window; border: none; }
#settingsPanel { background: $window; border-left: 1px solid $border; }
#panelTitle { font-size: 16px; font-weight: 600; }
#sectionTitle { color: $muted; font-weight: 600; }
#settingsBody QPlainTextEdit, SeedEdit {
    background: $page; border: 1px solid $border; border-radius: 7px; padding: 4px 6px;
    selection-background-color: $accent; selection-color: $on_accent;
}
#settingsBody QPlainTextEdit:focus, SeedEdit:focus { border-color: $accent; }

#settingsBody QComboBox, QDialog QComboBox {
    background: $page; border: 1px solid $border; border-radius: 7px; padding: 2px 7px;
}
#settingsBody QComboBox:focus, QDialog QComboBox:focus { border-color: $accent; }
#settingsBody QComboBox:disabled, QDialog QComboBox:disabled {
    color: $disabled; background: $window;
}
#settingsBody QComboBox::drop-down, QDialog QComboBox::drop-down {
    subcontrol-origin: border; subcontrol-position: right; width: 20px; border: none;
}
#settingsBody QComboBox::down-arrow, QDialog QComboBox::down-arrow {
    image: url(icons:down-small.svg); width: 9px; height: 9px;
}

QAbstractSpinBox {
    background: $page; border: 1px solid $border; border-radius: 7px;
    padding: 2px 2px 2px 4px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QAbstractSpinBox QLineEdit { background: transparent; border: none; padding: 0; }
QAbstractSpinBox:focus { border-color: $accent; }
QAbstractSpinBox:disabled { color: $disabled; background: $window; }
SeedEdit:disabled { color: $disabled; background: $window; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    subcontrol-origin: border; width: 18px; border: none; background: transparent;
}
QAbstractSpinBox::up-button { subcontrol-position: top right; margin: 3px 2px 0 0; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin: 0 2px 3px 0; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {
    background: $hover; border-radius: 4px;
}
QAbstractSpinBox::up-arrow { image: url(icons:up-small.svg); width: 9px; height: 9px; }
QAbstractSpinBox::down-arrow { image: url(icons:down-small.svg); width: 9px; height: 9px; }

QSlider { background: transparent; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $border; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal {
    width: 12px; height: 12px; margin: -5px 0; border-radius: 7px;
    background: $page; border: 1px solid $muted;
}
QSlider::handle:horizontal:hover { border-color: $accent; }
QSlider::handle:horizontal:focus { background: $accent; border-color: $accent; }
QSlider::sub-page:horizontal:disabled { background: $border; }
QSlider::handle:horizontal:disabled { background: $window; border-color: $border; }

QCheckBox { spacing: 8px; }
QCheckBox::indicator {
    width: 15px; height: 15px; border: 1px solid $muted; border-radius: 4px; background: $page;
}
QCheckBox::indicator:hover, QCheckBox:focus::indicator { border-color: $accent; }
QCheckBox::indicator:checked {
    background: $accent; border-color: $accent; image: url(icons:$check);
}

#tokens { background: $page; border: 1px solid $border; border-radius: 8px; outline: none; }
#tokens:focus { border-color: $accent; }
#tokens::item { padding: 4px 6px; color: $text; }
#tokens::item:selected { background: $selected; color: $text; }
#tokens::indicator {
    width: 15px; height: 15px; border: 1px solid $muted; border-radius: 4px; background: $page;
}
#tokens::indicator:checked {
    background: $accent; border-color: $accent; image: url(icons:$check);
}
#tokens QHeaderView, #tokens QHeaderView::section {
    background: transparent; color: $muted; border: none; padding: 4px 6px;
}

QProgressBar { background: $border; border: none; border-radius: 2px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QProgressBar#line { background: transparent; border-radius: 0; }
QProgressBar#line::chunk { border-radius: 0; }

#precisionMenu { background: $page; border: 1px solid $border; }
#menuHeading { font-weight: 600; }
#menuList { background: transparent; border: none; outline: none; }

#jobsPage, #jobsScroll, #jobsBody { background: $page; border: none; }
#libraryPage { background: $page; border: none; }
#libraryList { background: $page; border: none; outline: none; }
#libraryPage #searchField { background: $page; border-color: $border; }
#libraryPage #searchField:focus { border-color: $accent; }
#libraryDetails { background: $window; border: none; border-left: 1px solid $border; }
#pageHeading { font-size: 18px; font-weight: 600; }
#jobRow { background: $window; border: 1px solid $border; border-radius: 10px; }
#jobTitle { font-weight: 600; }
#side { background: $page; border: 1px solid $border; border-radius: 10px; }
#trouble { color: $danger; }

#presetList {
    background: $page; border: 1px solid $border; border-radius: 8px; padding: 4px; outline: none;
}
#presetList:focus { border-color: $accent; }
#presetList::item { padding: 6px 8px; border-radius: 6px; color: $text; }
#presetList::item:hover { background: $hover; }
#presetList::item:selected { background: $selected; }
#sheetScroll {
    background: $window; border: 1px solid transparent; border-radius: 8px; padding: 6px;
}
#sheetScroll:focus { border-color: $accent; }
QDialog { background: $window; }
QRadioButton { spacing: 8px; }
QRadioButton::indicator {
    width: 15px; height: 15px; border: 1px solid $muted; border-radius: 8px; background: $page;
}
QRadioButton::indicator:hover, QRadioButton:focus::indicator { border-color: $accent; }
QRadioButton::indicator:checked {
    border: 5px solid $accent; width: 7px; height: 7px; background: $on_accent;
}
#field {
    background: $page; border: 1px solid $border; border-radius: 7px; padding: 5px 7px;
    selection-background-color: $accent; selection-color: $on_accent;
}
#field:focus { border-color: $accent; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
#dialogHeading { font-size: 16px; }  /* a fallback font has no bold hanzi */

QScrollBar:vertical { background: transparent; width: 12px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 2px; }
QScrollBar::handle { background: $border; border-radius: 4px; min-height: 36px; min-width: 36px; }
QScrollBar::handle:hover { background: $disabled; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def stylesheet(colours: Colours, zoom: float) -> str:
    """The style sheet in these colours, with every length but hairlines `zoom` times as long."""
    sheet = _SHEET.substitute(dataclasses.asdict(colours))
    return _LENGTH.sub(lambda found: f"{scaled(int(found[1]), zoom)}px", sheet)


def scaled(pixels: float, zoom: float) -> int:
    """A length of the design in a zoomed window; a hairline stays one."""
    return 1 if pixels == 1 else max(round(pixels * zoom), min(round(pixels), 1))
