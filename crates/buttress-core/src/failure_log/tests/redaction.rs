use crate::failure_log::redact::{is_secret, redact};
use proptest::prelude::*;

fn redacted(text: &str) -> String {
    let mut out = String::new();
    let found = redact(text, &mut out);
    assert_eq!(found, out != text, "{text}");
    out
}

#[test]
fn h14_w23_secrets_are_taken_out_and_the_rest_stays() {
    let table = [
        ("login failed, password=hunter2", "login failed, password=<redacted>"),
        ("password = hunter2 for bob", "password = <redacted> for bob"),
        (r#"{"password":"a\"b","user":"bob"}"#, r#"{"password":"<redacted>","user":"bob"}"#),
        (r#"body {\"api_key\": \"k1\", \"n\": 1}"#, r#"body {\"api_key\": \"<redacted>\", \"n\": 1}"#),
        ("password: 'two words' is wrong", "password: '<redacted>' is wrong"),
        ("with password 'two words'", "with password '<redacted>'"),
        ("GET /a?token=abc&user=5 failed", "GET /a?token=<redacted>&user=5 failed"),
        (r#"url "http://h/?api-key=a1" failed"#, r#"url "http://h/?api-key=<redacted>" failed"#),
        ("Authorization: Bearer abc.def\nhost: a", "Authorization: <redacted>\nhost: a"),
        (
            r#"headers {"authorization": "Basic dTpw", "host": "a"}"#,
            r#"headers {"authorization": "<redacted>", "host": "a"}"#,
        ),
        ("sent bearer abc.def, got 401", "sent bearer <redacted> got 401"),
        ("Basic dTpw== was refused", "Basic <redacted> was refused"),
        ("Set-Cookie: sid=1; Path=/\r\nx: y", "Set-Cookie: <redacted>\r\nx: y"),
        ("postgres://bob:pw@db:5432/shop failed", "postgres://<redacted>@db:5432/shop failed"),
        ("postgres://bob:p/w@db/shop failed", "postgres://<redacted>@db/shop failed"),
        ("http://db:5432/a@b is fine", "http://db:5432/a@b is fine"),
        ("http://host/b@c is fine", "http://host/b@c is fine"),
        ("key AKIAIOSFODNN7EXAMPLE is not known", "key <redacted> is not known"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln has ended", "jwt <redacted> has ended"),
        ("ghp_0123456789abcdef0123 and xoxb-123456-abcdefgh", "<redacted> and <redacted>"),
        (
            "bad -----BEGIN PRIVATE KEY-----\nMIIEv\n-----END PRIVATE KEY----- here",
            "bad -----BEGIN<redacted>-----END PRIVATE KEY----- here",
        ),
        ("half -----BEGIN RSA PRIVATE KEY-----\nMIIEv", "half -----BEGIN<redacted>"),
        ("DB_PASSWORD=a,b;c rest", "DB_PASSWORD=<redacted> rest"),
        ("client_secret%3D is odd, secret=>x", "client_secret%3D is odd, secret=><redacted>"),
        ("nothing to hide: tokenizer ran 3 times", "nothing to hide: tokenizer ran 3 times"),
        ("password", "password"),
        ("password=", "password="),
        ("kein Passwort: geheim", "kein Passwort: <redacted>"),
        ("señor password=año rest", "señor password=<redacted> rest"),
    ];
    for (text, clean) in table {
        assert_eq!(redacted(text), clean);
    }
}

#[test]
fn h14_names_of_secrets_are_known_in_any_spelling() {
    let long = format!("{}password", "x".repeat(500));
    for name in
        ["password", "Api-Key", "X-API-KEY", "client.secret", "accessToken", "PWD", "auth", "jwt", &long]
    {
        assert!(is_secret(name), "{name}");
    }
    for name in ["user", "author", "passenger", "compass", "signal", "spin", "", "---"] {
        assert!(!is_secret(name), "{name}");
    }
}

/// Ways to say a secret, and what the secret is made of in each.
fn said() -> impl Strategy<Value = (String, String)> {
    let name = prop::sample::select(vec![
        "password",
        "PASSWORD",
        "db_password",
        "api_key",
        "Api-Key",
        "x-api-key",
        "secret",
        "client_secret",
        "access_token",
        "token",
        "sessionid",
        "pwd",
    ]);
    let word = "Zq[a-zA-Z0-9_+/,.;!$%*@-]{2,30}Zq";
    let sentence = "Zq[a-zA-Z0-9 _+/,.;:!$%*@&=-]{2,30}Zq";
    prop_oneof![
        (name.clone(), word, prop::sample::select(vec!["=", ": ", ":", " = ", "=>"]))
            .prop_map(|(name, secret, sign)| (format!("{name}{sign}{secret}"), secret)),
        (name.clone(), sentence).prop_map(|(name, secret)| (format!(r#"{{"{name}": "{secret}"}}"#), secret)),
        (name.clone(), sentence)
            .prop_map(|(name, secret)| (format!(r#"{{\"{name}\":\"{secret}\"}}"#), secret)),
        (name.clone(), sentence).prop_map(|(name, secret)| (format!("{name} '{secret}'"), secret)),
        (name, "Zq[a-zA-Z0-9]{2,20}Zq")
            .prop_map(|(name, secret)| (format!("GET /x?a=1&{name}={secret}&b=2"), secret)),
        sentence.prop_map(|secret| (format!("Authorization: Digest {secret}"), secret)),
        sentence.prop_map(|secret| (format!("cookie: a={secret}; b={secret}"), secret)),
        word.prop_map(|secret| (format!("Bearer {secret}"), secret)),
        word.prop_map(|secret| (format!("basic {secret}"), secret)),
        "Zq[a-zA-Z0-9_+,.;!$%*-]{2,30}Zq"
            .prop_map(|secret| (format!("amqp://bob:{secret}@host:1/v"), secret)),
        "Zq[a-zA-Z0-9_+/,.;!$%*@-]{2,30}Zq"
            .prop_map(|secret| (format!("amqp://bob:{secret}@host:1/v"), secret)),
        "[A-Z0-9]{16}".prop_map(|rest| (format!("AKIA{rest}"), format!("AKIA{rest}"))),
        "[a-zA-Z0-9+/\n=]{8,200}Zq".prop_map(|key| {
            (format!("-----BEGIN EC PRIVATE KEY-----\n{key}\n-----END EC PRIVATE KEY-----"), key)
        }),
    ]
}

proptest! {
    #[test]
    fn h14_no_secret_that_is_said_in_a_known_way_is_left(
        before in "[a-z ,(]{0,20}",
        (text, secret) in said(),
        after in "[a-z ,)]{0,20}",
    ) {
        // A quote around all of it, as logs of requests have.
        for text in [format!("{before} {text} {after}"), format!("{before} \"{text}\" {after}")] {
            let clean = redacted(&text);
            prop_assert!(!clean.contains(&secret), "{} in {}", secret, clean);
            prop_assert!(!clean.contains("Zq"), "a part of {} in {}", secret, clean);
        }
    }

    #[test]
    fn h14_any_text_is_taken(text in "(?s).{0,300}", hostile in r#"([:/@"'\\=& \-\n]|password|://|-----BEGIN|eyJ|Bearer|é){0,80}"#) {
        for text in [text, hostile] {
            let clean = redacted(&text);
            // What is clean stays as it is, but for the marks that stand where a secret did.
            prop_assert!(clean.len() <= 12 * text.len());
        }
    }
}

#[test]
fn h14_hostile_texts_take_time_that_grows_with_their_length_alone() {
    // Each would take minutes if a part of it were looked at again for every other.
    let length = 1 << 20;
    for piece in [
        "://a:b/",
        "://a:b@",
        "-----BEGIN ",
        "password='\\",
        "password \"",
        "'",
        "eyJ.",
        "a&b",
        "Bearer  ",
        "\\",
    ] {
        let text = piece.repeat(length / piece.len());
        let mut out = String::new();
        redact(&text, &mut out);
        let mut template = String::new();
        super::super::mask::mask(&text, &mut template);
        assert!(!template.is_empty());
    }
}
