"""Who may do what: one table of roles and actions. What the table does not grant is denied.

Rules only: which role a person has is in desk/team.py, and signing in is the board's matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Protocol

from pydantic import AfterValidator

from playbooks.schema import ROLES, Bilingual, one_of
from playbooks.words import name_of


def _role(value: str) -> str:
    return one_of(value, ROLES, "role")


Role = Annotated[str, AfterValidator(_role)]
"""A role as a setting names it."""


class Refused(ValueError):
    """Something that a rule of the house forbids; the sentence is for the person who tried, in both languages."""

    def __init__(self, tr: str, en: str) -> None:
        super().__init__(en)
        self.said = Bilingual(tr=tr, en=en)

    def say(self, language: str) -> str:
        """The sentence in Turkish for `tr`, in English for any other language."""
        return self.said.say(language)


class NotAllowed(Refused):
    """An action that none of a person's roles may do; the sentence names the roles that may."""


class Hand(Protocol):
    """Whoever acts: a name and the roles they have (desk.team.Agent is one)."""

    @property
    def name(self) -> str:
        """As the log names them."""

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role they have, each one of playbooks.schema.ROLES."""


@dataclass(frozen=True)
class Action:
    """One thing that can be done: who may, and how it is called in the middle of a sentence."""

    who: frozenset[str]
    tr: str
    en: str


def _may(who: str, tr: str, en: str) -> Action:
    roles = frozenset(who.split())
    assert roles <= set(ROLES), roles
    return Action(roles, tr, en)


_ALL = " ".join(ROLES)
_ANSWERS = "agent team_lead crisis_manager pr_lead"
_HANDS = "agent team_lead crisis_manager"
_LEADS = "team_lead crisis_manager"
_READS_NOTES = f"{_ANSWERS} legal"
_READS_LEDGER = "team_lead crisis_manager pr_lead legal"

# An administrator keeps the system running and reads no customer's notes: whoever must do both has both roles.
ACTIONS: Mapping[str, Action] = MappingProxyType({
    "see_queue": _may(_ALL, "kuyruğu görmek", "see the queue"),
    "see_case": _may(_ALL, "bir kaydı görmek", "see a case"),
    "see_customer_notes": _may(_READS_NOTES, "müşteri notlarını görmek", "see the notes on a customer"),
    "claim": _may(_ANSWERS, "bir kaydı üstlenmek", "claim a case"),
    "assign_others": _may(_LEADS, "bir kaydı başkasına vermek", "give a case to somebody else"),
    "take_over": _may(_HANDS, "yerinde olmayan birinin kaydını devralmak", "take over an absent colleague's case"),
    "note": _may(_READS_NOTES, "iç not yazmak", "write an internal note"),
    "tag": _may(_ANSWERS, "etiket koymak", "put a tag"),
    "snooze": _may(_ANSWERS, "bir kaydı ertelemek", "snooze a case"),
    "answer_draft": _may(_READS_NOTES, "yanıt taslağı yazmak", "draft a reply"),
    "send_public": _may(_ANSWERS, "herkese açık yanıt göndermek", "send a public reply"),
    "send_private": _may(_ANSWERS, "özel yanıt göndermek", "send a private reply"),
    "approve_reply": _may("team_lead crisis_manager pr_lead legal", "bir yanıtı onaylamak", "approve a reply"),
    "approve_statement": _may("crisis_manager pr_lead legal", "bir açıklamayı onaylamak", "approve a statement"),
    "publish_statement": _may("crisis_manager pr_lead", "bir açıklamayı yayımlamak", "publish a statement"),
    "grant_within_limit": _may(_HANDS, "kendi sınırı içinde telafi vermek", "grant a concession within their limit"),
    "approve_concession": _may(_LEADS, "bir telafiyi onaylamak", "approve a concession"),
    "cancel_concession": _may(_LEADS, "bir telafiyi iptal etmek", "cancel a concession"),
    "see_code": _may(_HANDS, "bir kupon kodunu görmek", "see a voucher code"),
    "split_merge": _may(_HANDS, "kayıtları ayırmak ya da birleştirmek", "split or merge cases"),
    "undo_other": _may(_LEADS, "başkasının yaptığını geri almak", "undo what somebody else did"),
    "link_persons": _may(_HANDS, "iki hesabı aynı kişiye bağlamak", "link two accounts to one person"),
    "unlink_persons": _may(_HANDS, "kişi bağını çözmek", "unlink a person's accounts"),
    "set_aside": _may(_HANDS, "bir kaydı kenara ayırmak", "set a case aside"),
    "resolve": _may(_ANSWERS, "bir kaydı çözüldü saymak", "resolve a case"),
    "reopen": _may(_ANSWERS, "bir kaydı yeniden açmak", "reopen a case"),
    "correct_label": _may(_ANSWERS, "bir etiketi düzeltmek", "correct a label"),
    "run_step": _may(_READS_NOTES, "senaryonun bir adımını tamamlamak", "finish a step of the playbook"),
    "edit_playbook": _may("team_lead crisis_manager pr_lead", "bir senaryoyu değiştirmek", "edit a playbook"),
    "manage_sources": _may("administrator", "kaynakları yönetmek", "manage sources"),
    "manage_settings": _may("administrator", "ayarları yönetmek", "manage the settings"),
    "manage_users": _may("administrator", "kullanıcıları yönetmek", "manage the users"),
    "manage_models": _may("team_lead administrator", "sınıflandırıcıyı yönetmek", "manage the classifier's models"),
    "see_reports": _may(f"{_READS_LEDGER} administrator viewer", "raporları görmek", "see reports"),
    "see_coaching": _may("team_lead", "yanıt sürelerini kişi kişi görmek", "see response times by person"),
    "start_improvement": _may("team_lead crisis_manager pr_lead", "bir iyileştirmeyi başlatmak ya da bitirmek",
                              "start or end an improvement"),
    "see_ledger": _may(_READS_LEDGER, "telafi defterini görmek", "see the ledger of concessions"),
    "export": _may("team_lead pr_lead legal administrator", "verileri dışa aktarmak", "export data"),
    "erase_person": _may("legal administrator", "bir kişinin verilerini silmek", "erase a person"),
    "declare_crisis": _may("team_lead crisis_manager pr_lead", "kriz ilan etmek", "declare a crisis"),
    "close_crisis": _may("crisis_manager", "bir krizi kapatmak", "close a crisis"),
    "see_crisis": _may(_ALL, "kriz odasını görmek", "see a crisis"),
    "report_crisis": _may(_READS_NOTES, "kriz şüphesi bildirmek", "report a suspected crisis"),
    "work_crisis": _may(_READS_NOTES, "krizde görev yapmak", "work in a crisis"),
    "write_review": _may("team_lead crisis_manager pr_lead legal", "bir krizi değerlendirmek", "write a crisis review"),
    "sign_review": _may("crisis_manager pr_lead", "bir değerlendirmeyi imzalamak", "sign a crisis review"),
    "contain_crisis": _may("crisis_manager pr_lead", "krizi kontrol altında saymak", "call a crisis contained"),
    "assign_crisis_role": _may("crisis_manager", "krizde rol dağıtmak", "give out roles in a crisis"),
    "answer_many": _may("team_lead crisis_manager pr_lead", "tek yanıtı birçok kayda uygulamak",
                        "answer many cases at once"),
    "follow_cause": _may("team_lead crisis_manager pr_lead", "bir sebebi takip etmek", "follow a cause"),
    "run_drill": _may("team_lead crisis_manager pr_lead", "tatbikat başlatmak", "run a drill"),
    "upload_codes": _may("team_lead administrator", "kupon kodu yüklemek", "upload voucher codes"),
})  # fmt: skip
"""Every action of the desk. docs/reference/roles.md shows it as a table, and a test compares the two."""


def may(role: str, action: str) -> bool:
    """Whether a role may do an action; False for a role or an action that is not known."""
    found = ACTIONS.get(action)
    return found is not None and role in found.who


def any_may(roles: Iterable[str], action: str) -> bool:
    """Whether one of several roles may do an action."""
    return any(may(role, action) for role in roles)


def who_may(action: str) -> tuple[str, ...]:
    """The roles that may do an action, in the order of ROLES; none for an action that is not known."""
    return tuple(role for role in ROLES if may(role, action))


def said(roles: Iterable[str], language: str) -> str:
    """Roles as words of a sentence: `ekip lideri ya da hukuk`, `team lead or legal`."""
    *most, last = [name_of("role", role, language) for role in roles] or ["hiç kimse" if language == "tr" else "nobody"]
    joint = " ya da " if language == "tr" else " or "
    return f"{', '.join(most)}{joint}{last}" if most else last


def require(agent: Hand, action: str) -> None:
    """Passes where one of the agent's roles may do the action; raises NotAllowed naming who may otherwise."""
    if any_may(agent.roles, action):
        return
    found = ACTIONS.get(action)
    if found is None:
        raise NotAllowed(
            f"“{action}” diye bir işlem yok; kimse yapamaz.", f"There is no action {action!r}; nobody may do it."
        )
    roles = who_may(action)
    raise NotAllowed(
        f"{agent.name} için buna izin yok: {found.tr}. Yetkili: {said(roles, 'tr')}.",
        f"{agent.name} may not {found.en}; it is for the {said(roles, 'en')}.",
    )
