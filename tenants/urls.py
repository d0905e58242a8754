"""Where the pages of this app are."""

from django.urls import path

from tenants import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
    path("t/<slug:tenant>/members/", views.members, name="members"),
    path("t/<slug:tenant>/members/<uuid:member>/role/", views.member_role, name="member-role"),
    path("t/<slug:tenant>/members/<uuid:member>/remove/", views.member_remove, name="member-remove"),
    path("t/<slug:tenant>/keys/", views.keys, name="keys"),
    path("t/<slug:tenant>/keys/<uuid:key>/revoke/", views.key_revoke, name="key-revoke"),
]
