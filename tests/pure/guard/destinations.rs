//! What dialled numbers are. The examples are those that libphonenumber's metadata gives for each kind, Ofcom's numbers for
//! drama, and those on which the metadata is known to mislead.

use ringfence::base::Entropy;
use ringfence::phone::command::Dialled;
use ringfence::phone::guard::destination::{classify, is_emergency};
use ringfence::phone::guard::{Class, Destination, Region, Surroundings};

fn around(home: &str) -> Surroundings<'static> {
    let home = Region::parse(home);
    Surroundings { home, chosen: home.is_some(), outside_prefix: "", domain: "voip.example", emergency: &[] }
}

fn at(home: &str, typed: &str) -> Destination {
    classify(Dialled::parse(typed).expect(typed).as_str(), &around(home))
}

#[test]
fn numbers_of_the_home_country_have_the_class_that_they_cost() {
    for (typed, class) in [
        ("020 7946 0958", Class::Home),
        ("07700 900123", Class::Unknown), // Ofcom's mobile numbers for drama are not assigned: nobody knows them.
        ("07400 123456", Class::Home),
        ("0044 20 7946 0958", Class::Home),
        ("+44 (0)20 7946 0958", Class::Home),
        ("0800 123 4567", Class::Freephone),
        ("0808 157 0123", Class::Freephone),
        ("03001234567", Class::Home),
        ("056 0000 1234", Class::Home),
        ("0906 701 2345", Class::Premium),
        ("0871 234 5678", Class::Premium),
        ("0845 123 4567", Class::Premium),
        ("070 1234 5678", Class::Personal),
        ("101", Class::Freephone),
        ("105", Class::Freephone),
        ("118 118", Class::Short),
        ("201", Class::Extension),
        ("3001", Class::Extension),
    ] {
        assert_eq!(at("GB", typed).class, class, "{typed}");
    }
    for (home, typed, class) in [
        ("DE", "0900 1 234567", Class::Premium),
        ("DE", "030 123456", Class::Home),
        ("DE", "0180 5 123456", Class::Shared),
        ("US", "1 900 234 5678", Class::Premium),
        ("US", "(312) 555-0123", Class::Home),
        ("US", "24280", Class::Premium),
        ("FR", "0899 12 34 56", Class::Premium),
        ("IT", "02 1234 5678", Class::Home),
        ("IT", "+39 02 1234 5678", Class::Home),
        ("IT", "0000 1234", Class::Unknown),
    ] {
        assert_eq!(at(home, typed).class, class, "{typed} in {home}");
    }
}

#[test]
fn another_country_is_named_with_the_kind_of_number() {
    for (typed, region, class, kind) in [
        ("+33 6 12 34 56 78", "FR", Class::Abroad, "mobile number"),
        ("0033 1 23 45 67 89", "FR", Class::Abroad, "fixed line"),
        ("+371 21 234 567", "LV", Class::Abroad, "mobile number"),
        ("+371 90 012 345", "LV", Class::Premium, "premium number"),
        ("+33 899 12 34 56", "FR", Class::Premium, "premium number"),
        ("+34 803 123 456", "ES", Class::Premium, "premium number"),
        ("+39 899 123456", "IT", Class::Premium, "premium number"),
        ("+1 900 234 5678", "US", Class::Premium, "premium number"),
        // One calling code, another country and another price.
        ("+44 7781 123456", "GG", Class::Abroad, "mobile number"),
        ("+1 876 523 0123", "JM", Class::Abroad, "fixed line or mobile number"),
    ] {
        let found = at("GB", typed);
        let region = Region::parse(region);
        assert_eq!((found.class, found.region, found.kind), (class, region, kind), "{typed}");
        assert_eq!(found.place.as_deref(), region.map(Region::name), "{typed}");
    }
}

#[test]
fn calling_codes_of_no_country_are_told_by_the_code_and_not_by_the_kind() {
    for typed in [
        "+870 773 111 632",
        "+881 6 12345678",
        "+882 16 123 4567",
        "+883 5100 1234 5678",
        "+979 123 456 789",
        "+878 10 1234567890",
        "+888 12345678",
        "+875 1234567",
        "0088216123 4567",
        "+8851234567",
    ] {
        let found = at("GB", typed);
        assert_eq!((found.class, found.region), (Class::Satellite, None), "{typed}: {found:?}");
        assert!(found.place.is_some(), "{typed}");
    }
    assert_eq!(at("GB", "+808 1234 5678").class, Class::Shared);
    assert_eq!(at("GB", "+800 1234 5678").class, Class::Abroad);
    assert_eq!(at("GB", "+880 1812 345678").region, Region::parse("BD"));
    assert_eq!(at("GB", "+886 912 345 678").region, Region::parse("TW"));
    assert_eq!(at("US", "011 881 6 12345678").class, Class::Satellite);
}

#[test]
fn what_nobody_knows_is_unknown_and_never_ordinary() {
    for typed in
        ["+44 840 123 4567", "+999 123456789", "12345678901234567890", "0011", "00447", "+4", "02079460958123456"]
    {
        let class = at("GB", typed).class;
        assert!(matches!(class, Class::Unknown | Class::Extension), "{typed}: {class:?}");
        assert!(class == Class::Unknown || typed.len() <= 6, "{typed}: {class:?}");
    }
    // Where the country is not known, a national number could be anything; an international one is what it is.
    assert_eq!(at("", "020 7946 0958").class, Class::Unknown);
    assert_eq!(at("", "+44 20 7946 0958").class, Class::Abroad);
    assert_eq!(at("", "0044 906 701 2345").class, Class::Premium);
}

#[test]
fn a_number_cannot_hide_behind_an_address_a_parameter_an_escape_or_a_code() {
    for text in [
        "sip:09067012345@voip.example",
        "SIPS:09067012345@other.example;user=phone",
        "09067012345@voip.example",
        "sip:0906-701-2345;phone-context=+44@voip.example",
        "sip:%30%39067012345@voip.example",
        "sip:09067012345:secret@voip.example",
        "tel:09067012345",
        "tel:+44-906-701-2345;ext=12",
        "sip:09067012345x12@voip.example",
        "٠٩٠٦٧٠١٢٣٤٥",
        "*6709067012345",
        "*31#09067012345",
        "#31#09067012345",
        "*#31#09067012345",
        "09067012345#",
    ] {
        let number = Dialled::parse(text).map_or_else(|_| text.to_owned(), |dialled| dialled.as_str().to_owned());
        assert_eq!(classify(&number, &around("GB")).class, Class::Premium, "{text}");
    }
    let nine = Surroundings { outside_prefix: "9", ..around("GB") };
    assert_eq!(classify("909067012345", &nine).class, Class::Premium);
    assert_eq!(classify("902079460958", &nine).class, Class::Home);
    assert_eq!(classify("902079460958", &around("GB")).class, Class::Unknown, "without the prefix it is no number");
}

#[test]
fn names_and_addresses_are_no_numbers() {
    for text in [
        "echo",
        "anna@voip.example",
        "sip:anna.b@elsewhere.example",
        "a1",
        "sip:192.0.2.1",
        "sips:x@[2001:db8::1]:5061",
    ] {
        assert_eq!(classify(text, &around("GB")).class, Class::Address, "{text}");
    }
}

#[test]
fn codes_that_forward_calls_are_known_and_the_number_in_them_counts() {
    for text in [
        "*72",
        "*7202079460958",
        "**21*02079460958#",
        "*21*02079460958#",
        "*67*201#",
        "**004*201#",
        "*62*201*11#",
        "*61*02079460958*10*30#",
    ] {
        let found = classify(text, &around("GB"));
        assert!(found.forwards, "{text}: {found:?}");
        assert_eq!(found.class, Class::Forwarding, "{text}");
    }
    let dear = classify("*21*09067012345#", &around("GB"));
    assert!(dear.forwards && dear.class == Class::Premium, "{dear:?}");
    let abroad = classify("*720033123456789", &around("GB"));
    assert!(abroad.forwards && abroad.class == Class::Abroad, "{abroad:?}");
    for text in ["*98", "*97", "*#21#", "#21#", "##002#", "*43", "*#06#", "*69"] {
        let found = classify(text, &around("GB"));
        assert_eq!((found.class, found.forwards), (Class::Feature, false), "{text}");
    }
}

#[test]
fn emergency_numbers_are_matched_exactly_and_come_before_everything() {
    let gb = around("GB");
    for text in ["999", "112", "9-9-9", " 1 1 2 ", "٩٩٩", "tel:999", "sip:999@voip.example", "999@VOIP.example:5060"]
    {
        let dialled = Dialled::parse(text).map_or_else(|_| text.to_owned(), |dialled| dialled.as_str().to_owned());
        assert!(is_emergency(&dialled, &gb), "{text}");
        assert_eq!(classify(&dialled, &gb).class, Class::Emergency, "{text}");
    }
    for text in ["999123", "99", "9999", "911", "*999", "999#", "+999", "999@elsewhere.example", "anna", "", "1112"] {
        assert!(!is_emergency(text, &gb), "{text}");
    }
    assert!(is_emergency("911", &around("US")));
    assert!(is_emergency("110", &around("DE")) && !is_emergency("110", &gb));
    // A country that is only assumed takes no emergency number from anybody.
    let guessed = Surroundings { chosen: false, ..around("DE") };
    for text in ["999", "911", "000", "112", "110"] {
        assert!(is_emergency(text, &guessed), "{text}");
    }
    let nine = Surroundings { outside_prefix: "9", ..gb };
    assert!(
        is_emergency("9,999".replace(',', "").as_str(), &nine)
            && is_emergency("999", &nine)
            && is_emergency("9112", &nine)
    );
    let named = ["118".to_owned()];
    let more = Surroundings { emergency: &named, ..gb };
    assert!(is_emergency("118", &more) && is_emergency("999", &more) && !is_emergency("118", &gb));
}

#[test]
fn every_region_has_emergency_numbers_that_are_found() {
    let mut found = 0;
    for region in Region::all() {
        for number in ringfence::phone::guard::table::emergency_numbers(region) {
            assert!(is_emergency(&number, &around(region.as_str())), "{number} in {region}");
            assert!(number.len() <= 6, "{number} in {region}");
            found += 1;
        }
    }
    assert!(found > 500, "{found}");
}

#[test]
fn the_same_number_has_the_same_key_however_it_is_dialled() {
    let key = |typed| at("GB", typed).key;
    for typed in ["02079460958", "+442079460958", "00442079460958", "+44 (0)20 7946 0958", "tel:+44-20-7946-0958"] {
        assert_eq!(key(typed), "+442079460958", "{typed}");
    }
    assert_ne!(key("02079460958"), key("02079460959"));
}

#[test]
fn any_digits_are_classified_without_a_panic_and_the_same_way_twice() {
    let mut dice = Entropy::from_number(19);
    let homes = ["GB", "US", "DE", "IT", "BR", "RU", "AR", "SG", ""];
    for _ in 0..20_000 {
        let length = 1 + dice.bits32() % 26;
        let mut text = String::new();
        for place in 0..length {
            let c = match dice.bits32() % 40 {
                0 if place == 0 => '+',
                1 => '*',
                2 => '#',
                n => char::from_digit(n % 10, 10).expect("a digit"),
            };
            text.push(c);
        }
        let home = homes[usize::try_from(dice.bits32()).unwrap() % homes.len()];
        let first = classify(&text, &around(home));
        assert_eq!(first, classify(&text, &around(home)), "{text}");
        assert!(!first.key.is_empty(), "{text}");
    }
}
