//! The numbers of the sources' stacks, by name.

use buttress::presets;

#[test]
fn each_preset_has_the_name_that_finds_it() {
    for name in presets::names() {
        assert_eq!(presets::by_name(name).unwrap().name, name);
    }
    let names: std::collections::BTreeSet<_> = presets::names().collect();
    assert_eq!(names.len(), presets::names().count());
}

#[test]
fn a_name_with_a_slip_in_it_is_told_what_was_meant() {
    let unknown = presets::by_name("walgit/siu").unwrap_err();
    let text = unknown.to_string();
    assert!(text.starts_with(r#"there is no preset "walgit/siu", did you mean "walgit/sui"?"#), "{text}");
    assert_eq!(presets::by_name("").unwrap_err().closest(), None);
}
