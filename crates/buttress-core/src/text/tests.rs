use super::{append_redacted, escaped, is_hostile, is_secret, redact};
use proptest::prelude::*;

fn redacted(text: &str) -> String {
    let mut out = String::new();
    let found = append_redacted(text, &mut out);
    assert_eq!(found, out != text, "{text}");
    assert_eq!(redact(text), out);
    out
}

#[test]
fn h14_w23_secrets_are_taken_out_and_the_rest_stays() {
    let table = [
        ("login failed, password=hunter2", "login failed, password=<redacted>"),
        ("token = hunter2 for bob", "token = <redacted> for bob"),
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
        ("DB_PASSWORD=a,b;c user=bob", "DB_PASSWORD=<redacted> user=bob"),
        ("secret=>x", "secret=><redacted>"),
        ("nothing to hide: tokenizer ran 3 times", "nothing to hide: tokenizer ran 3 times"),
        ("password", "password"),
        ("password=", "password="),
        ("kein Passwort: geheim", "kein Passwort: <redacted>"),
        ("señor token=año rest", "señor token=<redacted> rest"),
    ];
    for (text, clean) in table {
        assert_eq!(redacted(text), clean);
    }
}

#[test]
fn h14_w23_values_are_left_out_to_their_end() {
    let table = [
        // As Rust and others tell values that are no plain text.
        (r#"password: Some("hunter two")"#, "password: <redacted>"),
        (r#"Login { tokens: ["abc1", "def2"] }"#, "Login { tokens: <redacted> }"),
        (r#"{"secrets":["one","two"],"user":"bob"}"#, r#"{"secrets":<redacted>,"user":"bob"}"#),
        (r#"{\"secrets\":[\"on]e\",\"two\"],\"user\":1}"#, r#"{\"secrets\":<redacted>,\"user\":1}"#),
        (r#"secret: { a: "x}1", b: "y2" }, user: 1"#, "secret: <redacted>, user: 1"),
        (r#"L { secret: Pair { a: "x1", b: Some("y2") }, n: 1 }"#, "L { secret: <redacted>, n: 1 }"),
        ("secret: Some(\n    \"two words\",\n),\nn: 1", "secret: <redacted>,\nn: 1"),
        ("cookies: [\n    \"a=b\",\n] and", "cookies: <redacted>"),
        ("tokens=['it''s', 'b)'] left", "tokens=<redacted> left"),
        (r#"token: b"two words", n: 1"#, r#"token: b"<redacted>", n: 1"#),
        ("token=Ab(c[d)Zq rest", "token=<redacted> rest"),
        ("token: [a, b", "token: <redacted>"),
        // Sentences.
        ("passphrase: correct horse battery staple", "passphrase: <redacted>"),
        ("passphrase: correct horse\nuser: bob", "passphrase: <redacted>\nuser: bob"),
        ("password=correct horse user=bob", "password=<redacted> user=bob"),
        ("passphrase: (correct) horse battery", "passphrase: <redacted>"),
        ("password = correct horse; user bob", "password = <redacted>; user bob"),
        ("GET /?password=hunter2 HTTP/1.1", "GET /?password=<redacted> HTTP/1.1"),
        // Quotes that are doubled.
        (r#"password="" hunter2"" rest"#, r#"password=""<redacted>"" rest"#),
        (r#"password="a ""b"" c" rest"#, r#"password="<redacted>" rest"#),
        (r#"password="""hunter "two" words""" rest"#, r#"password="""<redacted>""" rest"#),
        (r#"{"password":"","user":"","n":1}"#, r#"{"password":"","user":"","n":1}"#),
        (r#"password="" user=bob"#, r#"password="" user=bob"#),
        // On the next line.
        ("password:\n  hunter2\nuser: bob", "password:\n  <redacted>\nuser: bob"),
        ("secret:\n  a: x1\n\n  b: y2\nuser: bob", "secret:\n  <redacted>\nuser: bob"),
        ("secret: |\r\n  x 1\r\n  y 2\r\nuser: bob", "secret: |\r\n  <redacted>\r\nuser: bob"),
        ("secret: >-\n  x 1\n  y 2", "secret: >-\n  <redacted>"),
        ("tokens:\n- x1\n- y2\nuser: bob", "tokens:\n<redacted>\nuser: bob"),
        ("token:\n\nuser", "token:\n\nuser"),
        // Escaped.
        (
            "?next=https%3A%2F%2Fx%2F%3Ftoken%3Dabc123 failed",
            "?next=https%3A%2F%2Fx%2F%3Ftoken%3D<redacted> failed",
        ),
        ("%3fpwd%3dabc123", "%3fpwd%3d<redacted>"),
        ("a%253Ftoken%253Dabc123", "a%253Ftoken%253D<redacted>"),
        ("%7B%22password%22%3A%22hunter2%22%7D", "%7B%22password%22%3A<redacted>"),
        // On a command line.
        ("ran db --password hunter2 --user bob", "ran db --password <redacted> --user bob"),
        ("ran db --password=hunter2 --user bob", "ran db --password=<redacted> --user bob"),
        ("ran db --password 'two words' --user bob", "ran db --password '<redacted>' --user bob"),
        (r#"["db", "--password", "two words", "bob"]"#, r#"["db", "--password", "<redacted>", "bob"]"#),
        (r#""db" "--token" "two words" "bob""#, r#""db" "--token" "<redacted>" "bob""#),
        ("ran db --no-password --user bob", "ran db --no-password --user bob"),
        ("use --token", "use --token"),
        // Elements.
        ("<password>two words</password><n>1</n>", "<password><redacted></password><n>1</n>"),
        ("no Vec<Token> for <n>", "no Vec<Token> for <n>"),
        // Keys that are a part of a word.
        ("x-ghp_0123456789abcdef012345 is", "x-<redacted> is"),
        ("a.sk-0123456789abcdef012345", "a.<redacted>"),
        ("%3Dghp_0123456789abcdef012345", "%3D<redacted>"),
        ("desk-0123456789abcdef012345", "desk-0123456789abcdef012345"),
        // Cut where the `@` was about to come.
        ("to amqp://bob:hunt", "to amqp://<redacted>"),
        ("to http://[::1]:80", "to http://[::1]:80"),
    ];
    for (text, clean) in table {
        assert_eq!(redacted(text), clean);
        assert_eq!(redacted(clean), clean, "what is clean stays as it is");
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
    let passphrase = prop::collection::vec("Zq[a-z]{1,8}", 1..6).prop_map(|words| words.join(" "));
    let of_one = prop::sample::select(vec!["password", "PASSPHRASE", "db_password", "Passwort", "pwd"]);
    let debug = prop::sample::select(vec!["Some", "", "Secret::<str>", "Ok(Some", "vec!"]);
    prop_oneof![
        (of_one, passphrase.clone(), prop::sample::select(vec!["=", ": ", " = ", ":\n  "]))
            .prop_map(|(name, secret, sign)| (format!("{name}{sign}{secret}\n"), secret)),
        (name.clone(), sentence, sentence, debug).prop_map(|(name, one, two, debug)| {
            (format!("A {{ {name}: {debug}([{one:?}, {{ a: {two:?} }}]), b: 1 }}"), one)
        }),
        (name.clone(), sentence).prop_map(|(name, secret)| (format!("{name}={:?}", Some(&secret)), secret)),
        (name.clone(), sentence)
            .prop_map(|(name, secret)| (format!("a:\n  {name}: |\n    {secret}\n    {secret}\n"), secret)),
        (name.clone(), sentence)
            .prop_map(|(name, secret)| (format!("{:?}", [&format!("--{name}"), &secret]), secret)),
        (name.clone(), word).prop_map(|(name, secret)| (format!("--{name} {secret}"), secret)),
        (name.clone(), "Zq[a-zA-Z0-9]{2,20}Zq", prop::sample::select(vec!["%3D", "%3d", "%253D"]))
            .prop_map(|(name, secret, sign)| (format!("/?next=%2F%3F{name}{sign}{secret}"), secret)),
        (name.clone(), sentence).prop_map(|(name, secret)| (format!("<{name}>{secret}</{name}>"), secret)),
        ("[a-z]{1,5}[-_.]", "[a-zA-Z0-9]{16,40}")
            .prop_map(|(before, rest)| (format!("{before}ghp_{rest}"), rest)),
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
        "token=\"\" ",
        "token=\"\"a",
        "token:\n",
        "token:\n\n ",
        "token:\n a\n \n",
        "token: a(",
        "token=()",
        "token: {'\\",
        "token=(\\",
        "token=[]),'\"",
        "<token>",
        "--token ",
        "--token",
        "token%25",
        "%25",
        "sk-",
        "password=a ",
        "password=a&",
        "password=&a",
        "password:  ",
        "token: |-",
        "token: a.",
    ] {
        for begin in ["", "token: (", "token: \"", "password: "] {
            let text = format!("{begin}{}", piece.repeat(length / piece.len()));
            redacted(&text);
        }
    }
}

#[test]
fn h14_what_is_hostile_is_escaped_and_all_else_is_as_it_was() {
    let hostile = "a\"\\\r\n\u{1b}[2J\0\u{7f}\u{85}\u{9b}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}é…";
    let shown = escaped(hostile).to_string();
    assert!(!shown.contains(is_hostile), "{shown}");
    assert!(
        shown.starts_with("a\"\\\\r\\n\\u{1b}[2J\\u{0}\\u{7f}") && shown.ends_with("\\u{2069}é…"),
        "{shown}"
    );
    assert_eq!(escaped("plain \"ü\" 😀\u{200d}").to_string(), "plain \"ü\" 😀\u{200d}");
}
