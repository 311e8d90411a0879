//! The little of XML that headers use: elements and their text. As much of a damaged document is
//! kept as makes sense.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

/// How many open elements an end tag may close at once; one that closes none is skipped.
const MOST_CLOSED: usize = 8;

/// A document as a list of elements in their order.
#[derive(Debug, Default)]
pub(super) struct Document {
    nodes: Vec<Node>,
    /// Whether all of it could be read.
    pub whole: bool,
}

#[derive(Debug)]
struct Node {
    name: String,
    text: String,
    /// Place after its last descendant.
    end: usize,
}

/// One element of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    nodes: &'a [Node],
    place: usize,
}

impl Document {
    /// Reads UTF-8, or else Latin-1.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::from_text(text),
            Err(_) => Self::from_text(&bytes.iter().map(|&b| char::from(b)).collect::<String>()),
        }
    }

    fn from_text(text: &str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        let mut document = Self::default();
        let mut open: Vec<usize> = Vec::new();
        loop {
            match reader.read_event() {
                Ok(Event::Start(tag)) => open.push(document.add(tag.name().as_ref())),
                Ok(Event::Empty(tag)) => {
                    document.add(tag.name().as_ref());
                }
                Ok(Event::End(tag)) => document.close(&mut open, tag.name().as_ref()),
                Ok(Event::Text(text)) => document.say(&open, &text.xml10_content()),
                Ok(Event::CData(text)) => document.say(&open, &text.xml10_content()),
                Ok(Event::GeneralRef(name)) => document.say(&open, &referred(&name)),
                Ok(Event::Eof) => {
                    document.whole = open.is_empty();
                    break;
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        let end = document.nodes.len();
        for place in open {
            document.nodes[place].end = end;
        }
        document
    }

    fn add(&mut self, name: &str) -> usize {
        let place = self.nodes.len();
        self.nodes.push(Node { name: name.to_owned(), text: String::new(), end: place + 1 });
        place
    }

    fn close(&mut self, open: &mut Vec<usize>, name: &str) {
        let same = |&place: &usize| self.nodes[place].name == name;
        let Some(up) = open.iter().rev().take(MOST_CLOSED).position(same) else { return };
        for place in open.drain(open.len() - 1 - up..) {
            self.nodes[place].end = self.nodes.len();
        }
    }

    fn say(&mut self, open: &[usize], text: &str) {
        if let Some(&place) = open.last() {
            self.nodes[place].text.push_str(text);
        }
    }

    /// The outermost element, with nothing in it where the document has none.
    pub(super) fn root(&self) -> Element<'_> {
        Element { nodes: &self.nodes, place: 0 }
    }
}

/// What an entity stands for; itself where that is not known.
fn referred(name: &BytesRef<'_>) -> String {
    match name.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        _ => {
            let name: &str = name;
            resolve_predefined_entity(name).map_or_else(|| format!("&{name};"), str::to_owned)
        }
    }
}

impl<'a> Element<'a> {
    /// Name of the element.
    pub(super) fn name(&self) -> &'a str {
        self.nodes.get(self.place).map_or("", |node| &node.name)
    }

    /// The text right in it, without the blanks around it.
    pub(super) fn text(&self) -> &'a str {
        self.nodes.get(self.place).map_or("", |node| node.text.trim())
    }

    /// The elements right in it.
    pub(super) fn children(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let (nodes, mut place) = (self.nodes, self.place + 1);
        let end = nodes.get(self.place).map_or(0, |node| node.end);
        std::iter::from_fn(move || {
            let node = nodes[..end].get(place)?;
            let child = Element { nodes, place };
            place = node.end;
            Some(child)
        })
    }

    /// The first element of this name right in it.
    pub(super) fn child(&self, name: &str) -> Option<Element<'a>> {
        self.children().find(|child| child.name() == name)
    }

    /// Whether there is no element in it.
    pub(super) fn is_leaf(&self) -> bool {
        self.children().next().is_none()
    }

    /// The text of the first element of this name right in it, where there is any.
    pub(super) fn text_of(&self, name: &str) -> Option<&'a str> {
        self.child(name).map(|child| child.text()).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_and_their_text() {
        let text = "<?xml version='1.0'?>\n<info><name>A &amp; B &#956; &x; R&D</name><empty/>\n\
                    <desc a='1'><c><l> Oz </l></c><c><l><![CDATA[<1>]]></l></c></desc></info>\n";
        let document = Document::parse(text.as_bytes());
        let root = document.root();
        assert!(document.whole);
        assert_eq!(root.name(), "info");
        assert_eq!(root.text_of("name"), Some("A & B μ &x; R&D"));
        assert_eq!(root.text_of("empty"), None);
        let desc = root.child("desc").unwrap();
        let labels: Vec<_> = desc.children().filter_map(|c| c.text_of("l")).collect();
        assert_eq!(labels, ["Oz", "<1>"]);
        assert!(!desc.is_leaf() && root.child("name").unwrap().is_leaf());
    }

    #[test]
    fn what_comes_before_damage_is_kept() {
        for (text, unit) in [
            ("<info><a>1</a><b>µV</b><c><", Some("µV")),
            ("<info><a>1</a><b>µV</b><c>x</d></info>", Some("µV")),
            ("<info><a>1</a><b>µV</c></b></info>", Some("µV")),
            ("<info><a>1</a></info></info></b>", None),
            ("<info><a>1</a><b", None),
        ] {
            let document = Document::parse(text.as_bytes());
            assert_eq!(document.root().text_of("a"), Some("1"), "{text}");
            assert_eq!(document.root().text_of("b"), unit, "{text}");
        }
        let latin1 = Document::parse(b"<info><b>\xb5V</b></info>");
        assert_eq!(latin1.root().text_of("b"), Some("µV"));
        for text in ["", "no", "</a>", "<>", "<a", "&"] {
            let document = Document::parse(text.as_bytes());
            assert_eq!(document.root().children().count(), 0);
        }
    }
}
