//! tmp
#[test]
fn remove_forms() {
    let (mut w, _r) = evmap_core::new::<u64, u64>();
    w.insert(1, 2);
    w.remove(&1);
    let (mut w, r) = evmap_core::new::<String, u64>();
    w.insert("a".into(), 2);
    w.remove("a");
    w.remove(&"b".to_string());
    w.refresh();
    let _ = r.get("a");
    let (mut w, r) = evmap_core::new::<&'static str, u64>();
    w.insert("a", 2);
    w.remove(&"a");
    w.extend([("b", 1)]);
    let _ = r.get("a");
    let _ = r.get(&"a");
    let (mut w, r) = evmap_core::new();
    w.insert(1, 2);
    w.remove(&1);
    assert_eq!(r.get_cloned(&1), None);
    let (mut w, r) = evmap_core::multimap::new();
    w.insert(1, "a".to_string());
    w.remove_value(1, "a".to_string());
    w.refresh();
    assert!(r.get(&1).is_none());
}
