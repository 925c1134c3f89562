//! Where another attempt would go.

/// Who another attempt of a call would come to, of several peers beneath a router: what [`Replay::outlook`](super::Replay::outlook)
/// says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outlook {
    /// To a peer that has not had this call yet. It is made at once: nobody is waited for who is not asked again. Also if it was a
    /// refusal by one of the others that ended the last attempt.
    Elsewhere,
    /// To one that has failed with it already, so there is the wait as with a single peer, and a refusal is final.
    Again,
    /// To nobody: the call ends here.
    Nowhere,
}
