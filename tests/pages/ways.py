"""How every page of the board is opened: the table that the tests of whole pages walk. A page that is missing here fails them.

To add a page, add a line to `WAYS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Way:
    """One page as somebody sees it.

    `endpoint` is its view. `path` may name what the office holds: `/call-ups/{call_ov}`. `who` looks: an organisation, with
    `:reader` a key that may only look, with `:person` somebody with an account; None has not signed in. `office` is one of
    `evenings.py`. `typed` fills fields by name in the form that holds them, and `press` (a selector) sends it, then this is
    about the page that answers; `status` is its answer; `endpoint` "" is no view at all.
    """

    endpoint: str
    path: str
    who: str | None = "coa"
    office: str = "evening"
    typed: Mapping[str, str] = field(default_factory=dict)
    press: str | None = None
    status: int = 200

    @property
    def name(self) -> str:
        """For the list of tests."""
        parts = [self.endpoint.partition(".")[2], self.office, self.who or "nobody"]
        return "-".join([*parts, "sent"] if self.press else parts) + (f"-{self.status}" if self.status != 200 else "")


SEND = "button.act"
COUNT = {"definition": "present", "people": "2.140", "observed_at": "2024-09-24T19:30"}

WAYS = (
    Way("board.show_situation", "/"),
    Way("board.show_situation", "/", "{asked}"),
    Way("board.show_situation", "/", "ministry"),
    Way("board.show_situation", "/", "vng:reader"),
    Way("board.show_situation", "/", office="calm"),
    Way("board.show_situation", "/", office="unknown"),
    Way("board.ask_who", "/sign-in", None),
    Way("board.ask_who", "/sign-in?ended=1&next=/acts", None),
    Way("board.sign_in", "/sign-in", None, typed={"name": "jo", "password": "x"}, press=SEND, status=400),
    Way("board.show_account", "/account", "nl-ov"),
    Way("board.show_account", "/account", "nl-ov:person"),
    Way("board.change_desk_code", "/account", "nl-ov", typed={"code": "123456"}, press=SEND, status=400),
    Way("board.ask_password", "/password/{password}", None),
    Way("board.choose_password", "/password/{password}", None, press=SEND, status=400),
    Way("board.show_acts", "/acts"),
    Way("board.show_acts", "/acts", "ministry"),
    Way("board.show_acts", "/acts", "vng:reader"),
    Way("board.show_act", "/acts/{act}", "ministry"),
    Way("board.report_count", "/centres/ter-apel/count"),
    Way("board.report_count", "/centres/ter-apel/count", typed=COUNT, press=SEND),
    Way("board.report_count", "/centres/ter-apel/count", typed={"people": "veel"}, press=SEND, status=400),
    Way("board.correct_count", "/counts/{count}/correction"),
    Way("board.confirm_count", "/counts/{held}/confirmation"),
    Way("board.confirm_count", "/counts/{held}/confirmation", press=SEND),
    Way("board.declare_overflow", "/centres/ter-apel/overflow", "ministry", "calm"),
    Way("board.state_need", "/overflows/{overflow}/need"),
    Way(
        "board.state_need", "/overflows/{overflow}/need", typed={"needed": "240", "reason": "Nog een bus."}, press=SEND
    ),
    Way("board.take_need_back", "/overflows/{overflow}/need/taking-back"),
    Way("board.begin_round", "/overflows/{overflow}/round", "ministry"),
    Way("board.write_note", "/overflows/{overflow}/note"),
    Way("board.close_overflow", "/overflows/{overflow}/closure", "ministry"),
    Way("board.enter_promise", "/call-ups/{waiting}/by-telephone/promise"),
    Way("board.enter_decline", "/call-ups/{waiting}/by-telephone/decline"),
    Way("board.enter_read", "/alerts/{call_alert}/read-by/{asked}"),
    Way("board.decide_thresholds", "/centres/ter-apel/thresholds", "ministry"),
    Way("board.decide_thresholds", "/centres/ter-apel/thresholds", "ministry", press=SEND, status=400),
    Way("board.override_duty", "/rotas/piket/override", "ministry"),
    Way("board.show_call_up", "/call-ups/{call_ov}", "nl-ov"),
    Way("board.show_call_up", "/call-ups/{call_ut}", "vng:reader"),
    Way("board.show_call_up", "/call-ups/{waiting}", "{asked}"),
    Way(
        "board.answer_call_up",
        "/call-ups/{waiting}",
        "{asked}",
        typed={"sites-0-places": "veel"},
        press=SEND,
        status=400,
    ),
    Way("board.show_alert", "{link_waiting}", None),
    Way("board.show_alert", "{link_ov}", None),
    Way("board.answer_by_link", "{link_waiting}", None, typed={"sites-0-places": "veel"}, press=SEND, status=400),
    Way("board.show_in_use", "/in-use", "nl-ov"),
    Way("board.set_in_use", "/in-use", "nl-ov", typed={"occupied": "veel"}, press=SEND, status=400),
    Way("board.show_swaps", "/swaps", "nl-ze"),
    Way("board.ask_swap", "/swaps", "nl-ut", typed={"offered": ""}, press=SEND, status=400),
    Way("board.show_turn", "/turns/{turn}", "nl-ov"),
    Way("board.confirm_turn", "/turns/{turn}", "nl-ov", typed={"places": "veel"}, press=SEND, status=400),
    Way("board.show_turn", "/turns/{turn}", "nl-ut", office="calm"),
    Way("board.show_card", "/rotas/piket/emergency-card"),
    Way("board.show_occupancy", "/occupancy"),
    Way("board.show_occupancy", "/occupancy?month=2024-09"),
    Way("board.show_occupancy", "/occupancy", office="unknown"),
    Way("board.show_rota", "/rota", "nl-ov"),
    Way("board.show_episode", "/episodes/{overflow}"),
    Way("board.show_episode", "/episodes/{overflow}", office="calm"),
    Way("board.list_episodes", "/episodes"),
    Way("board.list_episodes", "/episodes", office="unknown"),
    Way("board.show_accessibility", "/accessibility", None),
    Way("board.show_accessibility", "/accessibility"),
    Way("board.show_places", "/places"),
    Way("board.show_places", "/places", "nl-ov"),
    Way("board.show_places", "/places", office="unknown"),
    Way("board.choose_province", "/places/new"),
    Way("board.offer_place", "/places/new/nl-ov", "nl-ov"),
    Way("board.offer_place", "/places/new/nl-ov", "nl-ov", typed={"places": "veel"}, press=SEND, status=400),
    Way("board.change_place", "/places/{place}/change", "nl-ut"),
    Way("board.withdraw_place", "/places/{place}/withdrawal", "nl-ut"),
    Way("board.call_by_hand", "/call-ups/new"),
    Way("board.release_call_up", "/call-ups/{call_ov}/release"),
    Way("board.take_surplus", "/call-ups/{surplus}/surplus"),
    Way("board.set_until", "/commitments/{commitment}/until"),
    Way("board.show_messages", "/messages"),
    Way("board.show_messages", "/messages", "nl-fr"),
    Way("board.show_message", "/messages/{call_alert}"),
    Way("board.show_undelivered", "/messages/undelivered"),
    Way("board.show_undelivered", "/messages/undelivered", office="unknown"),
    Way("board.decide_rota", "/rotas/piket/decision", "ministry"),
    Way("board.decide_rota", "/rotas/piket/decision", "ministry", press=SEND, status=400),
    Way("board.accept_rota", "/rotas/piket/acceptance", "nl-ov", "calm"),
    Way("board.undo_override", "/overrides/{override}/undoing", "ministry", "calm"),
    Way("board.show_ledger", "/rotas/piket/ledger"),
    Way("board.show_ledger_rows", "/rotas/piket/ledger/nl-ov"),
    Way("board.show_administration", "/administration", "operator"),
    Way("board.show_organisations", "/administration/organisations", "operator"),
    Way("board.add_organisation", "/administration/organisations/new", "operator"),
    Way("board.show_organisation", "/administration/organisations/nl-ov", "operator"),
    Way("board.show_organisation", "/administration/organisations/nl-ov", "nl-ov:person"),
    Way("board.add_account", "/administration/organisations/nl-ov/accounts/new", "operator"),
    Way("board.change_account", "/administration/accounts/{account}/change", "operator"),
    Way("board.end_account", "/administration/accounts/{account}/end", "operator"),
    Way("board.make_password_link", "/administration/accounts/{account}/password-link", "operator"),
    Way("board.add_contact_point", "/administration/organisations/nl-ov/contact-points/new", "operator"),
    Way("board.end_contact_point", "/administration/contact-points/{point}/end", "operator"),
    Way("board.send_test", "/administration/contact-points/{point}/tests", "operator"),
    Way("board.show_test", "/administration/contact-points/{point}/tests/{test}", "operator"),
    Way("board.replace_secret", "/administration/contact-points/{hook}/secret", "operator"),
    Way("board.issue_key", "/administration/organisations/nl-ov/keys/new", "operator"),
    Way("board.end_key", "/administration/keys/{key}/end", "operator"),
    Way("board.show_record", "/administration/record", "operator"),
    Way("board.show_settings", "/administration/settings", "operator"),
    Way("board.report_count", "/centres/ter-apel/count", "nl-ov", status=403),
    Way("board.show_call_up", "/call-ups/none", status=404),
    Way("", "/nowhere", None, status=404),
)

NO_PAGES = {
    "board.static": "files",
    "board.own_look": "a style sheet",
    "board.picture_file": "a picture, shown by the pages",
    "board.show_calendar": "a calendar, for programmes",
    "board.print_card": "a PDF",
}
"""What the board answers to GET that is no page, and why."""
