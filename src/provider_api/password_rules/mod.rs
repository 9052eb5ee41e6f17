//! Apple's `passwordrules`: `minlength: 9; maxlength: 10; required: lower; required: [-!$*]; max-consecutive: 2`.
//!
//! As Apple's own reader has it: `required` twice means both, `required: lower, upper` means one of either; without
//! `allowed` the required classes are what is allowed, with it both are. In brackets, `-` comes first and `]` last.
//! One thing more: `[A-HJ-N2-9]` names ranges, where Apple's reader drops the hyphens.

mod class;
mod parse;

pub use class::Class;

/// The longest rules that are read, in bytes.
pub const MAX_LENGTH: usize = 2048;
/// The longest password that rules may ask for or allow; more is as good as no limit.
pub const MAX_PASSWORD: u32 = 256;

/// Rules for a password.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Rules {
    /// At least so many characters.
    pub min_length: Option<u32>,
    /// At most so many.
    pub max_length: Option<u32>,
    /// One character of each of these, at least.
    pub required: Vec<Class>,
    /// Others that may be used; `None`: those that are required, and if there are none, all of ASCII that prints.
    pub allowed: Option<Class>,
    /// The same character at most so often in a row.
    pub max_consecutive: Option<u32>,
}

/// Why rules cannot be understood.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum RulesError {
    /// Too long.
    #[error("the rules are too long")]
    TooLong,
    /// Not of the form `name: value; …`.
    #[error("the rules are malformed")]
    Malformed,
    /// They cannot all be followed: longest below shortest, or no character is left.
    #[error("no password can follow the rules")]
    Impossible,
}

/// Which rule a password breaks. It names no character of the password.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum Broken {
    /// Too short: so many are needed.
    #[error("at least {0} characters are needed")]
    TooShort(u32),
    /// Too long: so many are allowed.
    #[error("at most {0} characters are allowed")]
    TooLong(u32),
    /// No character of this class.
    #[error("{0} is missing")]
    Missing(Class),
    /// A character that is not allowed.
    #[error("only {0} may be used")]
    NotAllowed(Class),
    /// The same character too often in a row.
    #[error("the same character may follow itself only so often: {0} in a row")]
    Repeats(u32),
}

impl Rules {
    /// Reads rules; empty ones allow everything. Properties that we do not know are ignored.
    ///
    /// # Errors
    /// If they cannot be understood, or cannot all be followed.
    pub fn parse(text: &str) -> Result<Rules, RulesError> {
        if text.len() > MAX_LENGTH {
            return Err(RulesError::TooLong);
        }
        let rules = parse::rules(text).ok_or(RulesError::Malformed)?;
        let too_many =
            rules.max_length.is_some_and(|max| usize::try_from(max).is_ok_and(|max| max < rules.required.len()));
        let crossed = rules.max_length.zip(rules.min_length).is_some_and(|(max, min)| max < min);
        let empty = rules.max_length == Some(0) || rules.max_consecutive == Some(0) || rules.usable().is_empty();
        // One character may satisfy two classes, but who writes such rules has not thought of it either.
        if too_many || crossed || empty { Err(RulesError::Impossible) } else { Ok(rules) }
    }

    /// Every character that a password may have.
    #[must_use]
    pub fn usable(&self) -> Class {
        let required = self.required.iter().fold(Class::NONE, |all, class| all.or(*class));
        match self.allowed {
            Some(allowed) => allowed.or(required),
            None if self.required.is_empty() => Class::PRINTABLE,
            None => required,
        }
    }

    /// Whether a password follows the rules.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(&self, password: &str) -> Result<(), Broken> {
        let length = u32::try_from(password.chars().count()).unwrap_or(u32::MAX);
        if let Some(min) = self.min_length.filter(|min| length < *min) {
            return Err(Broken::TooShort(min));
        }
        if let Some(max) = self.max_length.filter(|max| length > *max) {
            return Err(Broken::TooLong(max));
        }
        let usable = self.usable();
        if !password.chars().all(|c| usable.has(c)) {
            return Err(Broken::NotAllowed(usable));
        }
        if let Some(missing) = self.required.iter().find(|class| !password.chars().any(|c| class.has(c))) {
            return Err(Broken::Missing(*missing));
        }
        match self.max_consecutive {
            Some(max) if longest_run(password) > max => Err(Broken::Repeats(max)),
            _ => Ok(()),
        }
    }
}

fn longest_run(password: &str) -> u32 {
    let (mut longest, mut run, mut last) = (0, 0, None);
    for c in password.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        longest = longest.max(run);
    }
    longest
}

impl std::fmt::Display for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.min_length.map(|min| format!("minlength: {min};")));
        parts.extend(self.max_length.map(|max| format!("maxlength: {max};")));
        parts.extend(self.required.iter().map(|class| format!("required: {};", class.in_rules())));
        parts.extend(self.allowed.map(|class| format!("allowed: {};", class.in_rules())));
        parts.extend(self.max_consecutive.map(|max| format!("max-consecutive: {max};")));
        f.write_str(&parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIPGATE: &str = "minlength: 9; maxlength: 10; required: lower; required: upper; required: digit; \
                           required: [-!$*]; allowed: [A-HJ-NP-Za-km-z2-9]; max-consecutive: 2";

    #[test]
    fn the_rules_of_the_design_are_read_and_written() {
        let rules = Rules::parse(SIPGATE).unwrap();
        assert_eq!((rules.min_length, rules.max_length, rules.max_consecutive), (Some(9), Some(10), Some(2)));
        assert_eq!(rules.required.len(), 4);
        assert!(rules.allowed.unwrap().has('Z') && !rules.allowed.unwrap().has('O'));
        assert_eq!(Rules::parse(&rules.to_string()).unwrap(), rules);
    }

    #[test]
    fn each_rule_that_is_broken_is_named() {
        let rules = Rules::parse(SIPGATE).unwrap();
        assert_eq!(rules.check("aB3-efgh2"), Ok(()));
        assert_eq!(rules.check("aB3-efgh"), Err(Broken::TooShort(9)));
        assert_eq!(rules.check("aB3-efgh23x"), Err(Broken::TooLong(10)));
        assert_eq!(rules.check("aB3-efg#2"), Err(Broken::NotAllowed(rules.usable())));
        assert_eq!(rules.check("aB3xefgh2"), Err(Broken::Missing(Class::of("-!$*"))));
        assert_eq!(rules.check("aB3-eeeh2"), Err(Broken::Repeats(2)));
    }

    #[test]
    fn required_classes_are_allowed_without_saying_so_and_nothing_else() {
        let rules = Rules::parse("required: lower, digit").unwrap();
        assert_eq!(rules.check("abc"), Ok(()));
        assert!(rules.check("ABC").is_err());
        assert_eq!(Rules::parse("").unwrap().check("any thing"), Ok(()));
        assert!(Rules::parse("allowed: unicode").unwrap().check("pässwörd").is_ok());
    }

    #[test]
    fn brackets_take_a_hyphen_first_and_a_bracket_last() {
        let rules = Rules::parse("allowed: [-;:,]]; minlength: 1").unwrap();
        assert_eq!(rules.allowed, Some(Class::of("-;:,]")));
        assert_eq!(rules.min_length, Some(1));
        assert_eq!(Rules::parse(&rules.to_string()).unwrap(), rules);
    }

    #[test]
    fn the_stricter_of_two_equal_rules_holds() {
        let rules = Rules::parse(
            "minlength: 8; minlength: 12; maxlength: 30; maxlength: 20; max-consecutive: 3; max-consecutive: 2",
        );
        let rules = rules.unwrap();
        assert_eq!((rules.min_length, rules.max_length, rules.max_consecutive), (Some(12), Some(20), Some(2)));
    }

    #[test]
    fn nonsense_is_told_from_what_is_merely_new() {
        assert!(Rules::parse("hint: none; minlength: 8").is_ok());
        for bad in
            ["minlength", "minlength: x", "allowed: [abc", "required: purple", ": 5", "minlength: -1", "required:"]
        {
            assert_eq!(Rules::parse(bad), Err(RulesError::Malformed), "{bad}");
        }
        for bad in [
            "minlength: 9; maxlength: 8",
            "maxlength: 0",
            "max-consecutive: 0",
            "maxlength: 1; required: lower; required: upper",
        ] {
            assert_eq!(Rules::parse(bad), Err(RulesError::Impossible), "{bad}");
        }
        assert_eq!(Rules::parse(&"x".repeat(MAX_LENGTH + 1)), Err(RulesError::TooLong));
    }
}
