//! The reader of the rules: one pass, no recursion, nothing skipped silently but what is merely unknown.

use super::{Class, MAX_PASSWORD, Rules};

/// Reads all properties. `None` if one that we know makes no sense.
pub(super) fn rules(text: &str) -> Option<Rules> {
    let mut rules = Rules::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(';') {
            rest = after.trim_start();
            continue;
        }
        let (name, after) = rest.split_once(':')?;
        let name = name.trim().to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
            return None;
        }
        let (value, after) = value(after)?;
        property(&mut rules, &name, value.trim())?;
        rest = after.trim_start();
    }
    Some(rules)
}

/// Cuts a value off at its semicolon; those in brackets do not count.
fn value(text: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let Some(found) = rest.find([';', '[']) else { return Some((text, "")) };
        if rest.get(found..)?.starts_with(';') {
            return Some((text.get(..at + found)?, rest.get(found + 1..)?));
        }
        at += found + brackets(rest.get(found..)?)?.len() + 2;
    }
}

/// What is between the brackets that `text` begins with: a `]` that another one follows belongs to it.
fn brackets(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    let end = inside.find(']')?;
    let end = if inside.get(end + 1..)?.starts_with(']') { end + 1 } else { end };
    inside.get(..end)
}

fn property(rules: &mut Rules, name: &str, value: &str) -> Option<()> {
    match name {
        "minlength" => {
            let min = number(value)?;
            rules.min_length = Some(rules.min_length.unwrap_or(0).max(min));
        }
        "maxlength" => {
            let max = number(value)?;
            rules.max_length = Some(rules.max_length.unwrap_or(max).min(max));
        }
        "max-consecutive" => {
            let max = number(value)?;
            rules.max_consecutive = Some(rules.max_consecutive.unwrap_or(max).min(max));
        }
        "required" => {
            let class = classes(value)?;
            if !rules.required.contains(&class) {
                rules.required.push(class);
            }
        }
        "allowed" => rules.allowed = Some(rules.allowed.unwrap_or(Class::NONE).or(classes(value)?)),
        _ => {}
    }
    Some(())
}

fn number(value: &str) -> Option<u32> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = digits.then(|| value.parse().unwrap_or(MAX_PASSWORD))?;
    Some(number.min(MAX_PASSWORD))
}

/// `lower, digit, [-!$]`
fn classes(value: &str) -> Option<Class> {
    let mut all = Class::NONE;
    let mut rest = value.trim();
    loop {
        let (class, after) = if rest.starts_with('[') {
            let inside = brackets(rest)?;
            (custom(inside), rest.get(inside.len() + 2..)?)
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let name = name.trim().to_ascii_lowercase();
            (Class::NAMED.iter().find(|(known, _)| *known == name)?.1, after)
        };
        all = all.or(class);
        rest = after.trim_start();
        if rest.is_empty() {
            return (!all.is_empty()).then_some(all);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

/// A hyphen is itself at the beginning, a range between two letters or digits, and nothing elsewhere.
fn custom(inside: &str) -> Class {
    let mut all = if inside.starts_with('-') { Class::of("-") } else { Class::NONE };
    let characters: Vec<char> = inside.chars().collect();
    for (at, c) in characters.iter().enumerate() {
        if *c != '-' {
            all = all.or(Class::of(c.encode_utf8(&mut [0; 4])));
        } else if let Some(before) = at.checked_sub(1).and_then(|at| characters.get(at))
            && let Some(after) = characters.get(at + 1)
            && let Some(span) = Class::span(*before, *after)
        {
            all = all.or(span);
        }
    }
    all
}
