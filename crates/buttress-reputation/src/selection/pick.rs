//! Whom to ask: from the members at this time to the leave to ask one of them.

use super::choice::Choice;
use super::list::Members;
use super::member::Member;
use super::{NoPeer, Picked, Selection, Shared, Tried};
use crate::{Tick, clock, dice};
use std::hash::Hash;
use std::sync::Arc;

impl<K, T> Selection<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// Whom to ask.
    ///
    /// # Errors
    /// There is nobody, or nobody may be asked now.
    #[inline]
    pub fn pick(&self) -> Result<Picked<K, T>, NoPeer> {
        self.pick_at(clock::now(), dice::roll(), |_| true)
    }

    /// Whom to ask of those that meet a condition: who has room, whose health is good. It is asked of some of them with each pick,
    /// so it is quick.
    ///
    /// # Errors
    /// There is nobody, or nobody of those may be asked now.
    #[inline]
    pub fn pick_where(&self, condition: impl Fn(&T) -> bool) -> Result<Picked<K, T>, NoPeer> {
        self.choose_where(|member| condition(&member.value))
    }

    /// Whom to ask of those that this request was not sent to yet.
    ///
    /// # Errors
    /// There is nobody, or nobody else may be asked now.
    #[inline]
    pub fn pick_except(&self, tried: &Tried) -> Result<Picked<K, T>, NoPeer> {
        self.pick_at(clock::now(), dice::roll(), |member| !tried.contains(member.number))
    }

    /// The same of those that meet a condition.
    ///
    /// # Errors
    /// There is nobody, or nobody else of those may be asked now.
    #[inline]
    pub fn pick_except_where(
        &self,
        tried: &Tried,
        condition: impl Fn(&T) -> bool,
    ) -> Result<Picked<K, T>, NoPeer> {
        self.choose_where(|member| !tried.contains(member.number) && condition(&member.value))
    }

    /// Whether there is somebody to ask besides those that this request was sent to. Takes nothing.
    #[must_use]
    pub fn would_admit_except(&self, tried: &Tried) -> bool {
        self.would_admit_except_where(tried, |_| true)
    }

    /// The same of those that meet a condition.
    #[must_use]
    pub fn would_admit_except_where(&self, tried: &Tried, condition: impl Fn(&T) -> bool) -> bool {
        self.would_admit(|member| !tried.contains(member.number) && condition(&member.value))
    }

    /// Whom to ask of those whose number is `wanted`, which is asked of no more than the number.
    #[cfg(feature = "tower")]
    #[inline]
    pub(crate) fn pick_by(&self, wanted: impl Fn(u64) -> bool) -> Result<Picked<K, T>, NoPeer> {
        self.pick_at(clock::now(), dice::roll(), |member| wanted(member.number))
    }

    /// Whether there is somebody to ask of those whose number is `wanted`. Takes nothing.
    #[cfg(feature = "tower")]
    pub(crate) fn would_admit_by(&self, wanted: impl Fn(u64) -> bool) -> bool {
        self.would_admit(|member| wanted(member.number))
    }

    /// By a condition of somebody else's, who may do anything in there.
    #[inline]
    fn choose_where(&self, wanted: impl Fn(&Member<K, T>) -> bool) -> Result<Picked<K, T>, NoPeer> {
        self.pick_at_leisure(clock::now(), dice::roll(), wanted)
    }

    /// One of those that are `wanted`, at that time and by that roll. It must not use the selection to say so.
    #[inline]
    pub(super) fn pick_at(
        &self,
        now: Tick,
        roll: u64,
        wanted: impl Fn(&Member<K, T>) -> bool,
    ) -> Result<Picked<K, T>, NoPeer> {
        match self.pick_quickly(now, roll, &wanted) {
            Some(picked) => Ok(picked),
            None => self.pick_at_leisure(now, roll, wanted),
        }
    }

    /// The same where it is one of two and there is nothing else to do; nobody is told anything then.
    #[inline]
    fn pick_quickly(
        &self,
        now: Tick,
        roll: u64,
        wanted: impl Fn(&Member<K, T>) -> bool,
    ) -> Option<Picked<K, T>> {
        let Shared { list, fleet, detector, .. } = &*self.shared;
        if fleet.is_due(now) || detector.as_ref().is_some_and(|detector| detector.is_due(now)) {
            return None;
        }
        list.peek(|members| {
            let member = self.choice(members, now).quick(roll, |member| wanted(member))?;
            let ticket = member.record.peer.admit_clear(now)?;
            Some(Picked::new(Arc::clone(member), ticket, false, now))
        })?
    }

    /// The same whatever it takes.
    #[inline(never)]
    fn pick_at_leisure(
        &self,
        now: Tick,
        roll: u64,
        wanted: impl Fn(&Member<K, T>) -> bool,
    ) -> Result<Picked<K, T>, NoPeer> {
        let Shared { list, fleet, detector, config, .. } = &*self.shared;
        let members = list.read();
        if let Some(detector) = detector {
            detector.look(members.version, &members, now);
        }
        fleet.look(members.version, &members, config, now);
        let pick = |choice: Choice<'_, Arc<Member<K, T>>>| {
            let admit = |member: &Arc<Member<K, T>>, despite| {
                member.admit(despite, now).map(|ticket| Picked::new(Arc::clone(member), ticket, despite, now))
            };
            choice.make(roll, |member| wanted(member), admit)
        };
        let choice = self.choice(&members, now);
        let honoured = choice.honoured;
        match pick(choice) {
            Err(none) if !none.empty && self.spares_more(&members, honoured, now) => {
                pick(self.choice(&members, now))
            }
            picked => picked,
        }
    }

    /// Whether there is somebody to ask of those that are `wanted`. Takes nothing.
    fn would_admit(&self, wanted: impl Fn(&Member<K, T>) -> bool) -> bool {
        let (members, now, roll) = (self.shared.list.read(), clock::now(), dice::roll());
        let would =
            |choice: &Choice<'_, Arc<Member<K, T>>>| choice.would_admit(roll, |member| wanted(member));
        let choice = self.choice(&members, now);
        would(&choice)
            || self.spares_more(&members, choice.honoured, now) && would(&self.choice(&members, now))
    }

    /// Whether bans and ejections are ignored of more than those from the place `honoured` on, where that left nobody: more may have
    /// been banned since they were counted than may be left out.
    #[cold]
    fn spares_more(&self, members: &Members<Member<K, T>>, honoured: usize, now: Tick) -> bool {
        let Shared { fleet, config, .. } = &*self.shared;
        fleet.recount(members.version, members, config, now, honoured)
    }

    #[inline]
    fn choice<'a>(&'a self, members: &'a [Arc<Member<K, T>>], now: Tick) -> Choice<'a, Arc<Member<K, T>>> {
        let Shared { config, prices, fleet, .. } = &*self.shared;
        Choice { candidates: members, rules: config, prices, honoured: fleet.honoured(), now }
    }
}
